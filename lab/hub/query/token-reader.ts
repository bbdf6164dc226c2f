import { refuseQuery, tokensOf, type Token } from './tokens.js';

export interface TokenReader {
  /** Takes the next token if it is this keyword, in any case. */
  takesWord(word: string): boolean;
  takesSign(...signs: string[]): string | undefined;
  /** These throw 400004 for anything else. */
  word(): string;
  needWord(word: string): void;
  needSign(sign: string): void;
  literal(): string | number | undefined;
  end(): void;
}

export function readTokens(query: string): TokenReader {
  const tokens = tokensOf(query);
  let at = 0;
  const take = <Kept extends Token>(isWanted: (token: Token) => token is Kept): Kept | undefined => {
    const token = tokens[at];
    if (token === undefined || !isWanted(token)) return undefined;
    at += 1;
    return token;
  };
  type Text = Extract<Token, { text: string }>;
  const isText =
    (kind: Text['kind'], ...texts: string[]) =>
    (token: Token): token is Text =>
      token.kind === kind && texts.includes(kind === 'word' ? token.text.toLowerCase() : token.text);
  const reader: TokenReader = {
    takesWord: (word) => take(isText('word', word)) !== undefined,
    takesSign: (...signs) => take(isText('sign', ...signs))?.text,
    word: () => take((token): token is Text => token.kind === 'word')?.text ?? refuseQuery(),
    needWord: (word) => void (reader.takesWord(word) || refuseQuery()),
    needSign: (sign) => void (reader.takesSign(sign) ?? refuseQuery()),
    literal: () => take((token): token is Extract<Token, { value: unknown }> => token.kind === 'literal')?.value,
    end: () => void (at === tokens.length || refuseQuery()),
  };
  return reader;
}
