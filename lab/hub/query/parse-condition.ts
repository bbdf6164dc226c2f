import { parsePath } from './parse-path.js';
import type { Comparison, Condition, Operand } from './query.js';
import type { TokenReader } from './token-reader.js';
import { refuseQuery } from './tokens.js';

/** OR binds least, then AND, then NOT. Throws 400004. */
export function parseCondition(tokens: TokenReader): Condition {
  let left = parseConjunction(tokens);
  while (tokens.takesWord('or')) left = { op: 'or', left, right: parseConjunction(tokens) };
  return left;
}

function parseConjunction(tokens: TokenReader): Condition {
  let left = parseNegation(tokens);
  while (tokens.takesWord('and')) left = { op: 'and', left, right: parseNegation(tokens) };
  return left;
}

function parseNegation(tokens: TokenReader): Condition {
  return tokens.takesWord('not') ? { op: 'not', of: parseNegation(tokens) } : parsePrimary(tokens);
}

function parsePrimary(tokens: TokenReader): Condition {
  if (tokens.takesSign('(') !== undefined) {
    const inner = parseCondition(tokens);
    tokens.needSign(')');
    return inner;
  }
  // The one function that queries on twins have; the others belong to conditions of routes.
  if (tokens.takesWord('is_defined')) {
    tokens.needSign('(');
    const path = parsePath(tokens);
    tokens.needSign(')');
    return { op: 'isDefined', path };
  }
  return parseComparison(tokens);
}

function parseComparison(tokens: TokenReader): Condition {
  const left = parseOperand(tokens);
  if (tokens.takesWord('in')) return { op: 'in', operand: left, among: parseList(tokens) };
  if (tokens.takesWord('nin')) return { op: 'not', of: { op: 'in', operand: left, among: parseList(tokens) } };
  const sign = tokens.takesSign('=', '!=', '<>', '<', '<=', '>', '>=') ?? refuseQuery();
  const op = (sign === '<>' ? '!=' : sign) as Comparison;
  return { op, left, right: parseOperand(tokens) };
}

function parseList(tokens: TokenReader): Operand[] {
  tokens.needSign('[');
  const list = [parseOperand(tokens)];
  while (tokens.takesSign(',') !== undefined) list.push(parseOperand(tokens));
  tokens.needSign(']');
  return list;
}

const words = new Map<string, null | boolean>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

function parseOperand(tokens: TokenReader): Operand {
  const literal = tokens.literal();
  if (literal !== undefined) return { kind: 'literal', value: literal };
  for (const [word, value] of words) if (tokens.takesWord(word)) return { kind: 'literal', value };
  return { kind: 'path', path: parsePath(tokens) };
}
