/** The commands and tables of docs/deploy.md, as its tests read them. */

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
