import { refuseArgument } from '../core/errors.js';

export type Token =
  | { readonly kind: 'word' | 'sign'; readonly text: string }
  | { readonly kind: 'literal'; readonly value: string | number };

/** The service says no more of a query that it cannot read (a record of a live hub: mwalser/terraform-provider-iothub). */
export const refuseQuery = (): never => refuseArgument('BadRequest');

// "IoT Hub query language": names, names in [[ ]] with any character, constants, operators.
const patterns = {
  space: /\s+/y,
  text: /'((?:[^'\\]|\\.|'')*)'|"((?:[^"\\]|\\.|"")*)"/y,
  number: /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y,
  escaped: /\[\[(.+?)\]\]/y,
  word: /[$A-Za-z_][$\w-]*/y,
  sign: /<>|!=|<=|>=|[=<>()[\],.*]/y,
} as const;
type Pattern = keyof typeof patterns;

const unquoted = (text: string): string =>
  text.replaceAll(/\\(.)|''|""/g, (pair, after?: string) => after ?? pair[0] ?? '');

const tokenOf: Record<Pattern, (match: RegExpExecArray) => Token[]> = {
  space: () => [],
  text: ([, single, double]) => [{ kind: 'literal', value: unquoted(single ?? double ?? '') }],
  number: ([text]) => [{ kind: 'literal', value: Number(text) }],
  escaped: ([, name = '']) => [{ kind: 'word', text: name }],
  word: ([text]) => [{ kind: 'word', text }],
  sign: ([text]) => [{ kind: 'sign', text }],
};

/** Throws 400004. */
export function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const next = (): Token[] => {
    for (const name of Object.keys(patterns) as Pattern[]) {
      const pattern = patterns[name];
      pattern.lastIndex = at;
      const match = pattern.exec(query);
      if (match === null) continue;
      at = pattern.lastIndex;
      return tokenOf[name](match);
    }
    return refuseQuery();
  };
  while (at < query.length) tokens.push(...next());
  return tokens;
}
