/** The commands and tables of docs/deploy.md, as its tests read them. */
import { runInNewContext } from 'node:vm';

export interface Need {
  flow: string;
  need: string;
  file: string;
  words: string;
}

/** The rows of "What is where". */
export const needsIn = (text: string): Need[] =>
  [...text.matchAll(/^\| (\d [^|]*?)\s*\| ([^|]*?)\s*\| `(infra\/[^`]+)`\s*\| `([^`]+)`\s*\|$/gm)].map(
    ([, flow = '', need = '', file = '', words = '']) => ({ flow, need, file, words }),
  );

/** Each line of the shell blocks. */
export const commandsIn = (text: string): string[] =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)]
    .flatMap(([, block = '']) => block.split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Words in capitals of the paragraph that names the placeholders. */
export const placeholdersIn = (text: string): ReadonlySet<string> => {
  const paragraph = /^Placeholders[\s\S]*?\n\n/m.exec(text)?.[0] ?? '';
  return new Set([...paragraph.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name));
};

/** Settings and variables look like placeholders too: they are what stands before `=`, or after `env set`. */
const notPlaceholders = /\b(?:[A-Z][A-Za-z_]+(?==|__)|(?<=env set )[A-Z_]+|(?<=setting-names )\w+)/g;

/** Words in capitals that are no placeholder. */
export const unknownWords = (commands: readonly string[], placeholders: ReadonlySet<string>): string[] =>
  commands
    .map((command) => command.replace(notPlaceholders, ''))
    .flatMap((command) => command.match(/(?<![\w.])[A-Z][A-Z_]{2,}(?![a-z])\b/g) ?? [])
    .filter((word) => !placeholders.has(word) && word !== 'KeyVault');

/** Roles that commands give and that neither a document has nor a command before makes. */
export const unknownRoles = (commands: readonly string[], documented: readonly string[]): string[] => {
  const made = commands.flatMap((command) => /"Name":"([^"]+)"/.exec(command)?.[1] ?? []);
  const given = commands.flatMap((command) => {
    const [, quoted, plain] = /--role (?:"([^"]+)"|(\w+))/.exec(command) ?? [];
    return quoted ?? plain ?? [];
  });
  return given.filter((role) => !documented.includes(role) && !made.includes(role));
};

export interface CostRow {
  resource: string;
  formula: string;
  price: string;
  /** For 1,000, 100,000 and 1,000,000 devices. */
  told: number[];
}

const dollars = (cell: string): number => Number(/[\d,]+/.exec(cell)?.[0].replaceAll(',', ''));

/** The rows of "What it costs". The sum has no formula. */
export const costsIn = (text: string): CostRow[] =>
  (text.split('## What it costs')[1] ?? '')
    .split('\n')
    .filter((line) => /^\|.*\d \|$|^\|.*\* \|$|^\|.*\) \|$/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, resource]) => resource !== 'resource')
    .map(([, resource = '', formula = '', price = '', ...told]) => ({
      resource,
      formula: formula.replaceAll('`', ''),
      price,
      told: told.slice(0, 3).map(dollars),
    }));

/** `(25 for 400,000 messages a day)` of each edition. */
const editionsOf = (price: string): { unit: number; messages: number }[] =>
  [...price.matchAll(/\((\d+) for ([\d,]+)/g)].map(([, unit, messages = '']) => ({
    unit: Number(unit),
    messages: dollars(messages),
  }));

/** What a formula gives for so many devices, rounded; of several editions the cheapest. */
export const costOf = ({ formula, price }: CostRow, devices: number): number => {
  const changes = 24;
  const script = formula.replaceAll(' x ', ' * ').replaceAll('^', '**');
  const variables = { D: devices, c: changes, b: (devices * changes * 30) / 50, ceil: Math.ceil };
  const editions = editionsOf(price);
  const results = (editions.length > 0 ? editions : [{}]).map((edition) =>
    Number(runInNewContext(script, { ...variables, ...edition })),
  );
  return Math.round(Math.min(...results));
};
