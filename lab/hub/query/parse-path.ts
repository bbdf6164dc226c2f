import type { Path } from './query.js';
import type { TokenReader } from './token-reader.js';

/** `tags.site`, `properties.desired.[[a name with any character]]`. */
export function parsePath(tokens: TokenReader): Path {
  const path = [tokens.word()];
  while (tokens.takesSign('.') !== undefined) path.push(tokens.word());
  return path;
}
