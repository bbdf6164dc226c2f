import type { Json, NumberText } from '../contract.js';

type Reviver = (name: string, value: unknown, context: { source?: string }) => unknown;
/** ECMAScript, "JSON.parse source text access": in Node since version 21, not yet in the libraries of TypeScript. */
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse: (text: string, reviver: Reviver) => Json;
  rawJSON: (text: string) => NumberText;
  isRawJSON: (value: unknown) => value is NumberText;
};

export const isNumberText = isRawJSON;

/** A hub gives numbers back as they were written. `JSON.stringify` writes a number text as it is. */
const keepNumber: Reviver = (_name, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value;

/** A fraction, an exponent, a negative zero or many digits, in strings too. Without any of these, JavaScript keeps every number's text. */
const suspects = /\d[.eE]|-0|\d{16}/;

/** Rejects what is not JSON with a SyntaxError. */
export const parseJson = (text: string): Json =>
  suspects.test(text) ? parse(text, keepNumber) : (JSON.parse(text) as Json);

/** As the number stands in JSON; undefined for anything else. */
export const numberTextOf = (value: Json): string | undefined => {
  if (typeof value === 'number') return String(value);
  return isNumberText(value) ? value.rawJSON : undefined;
};

/** A copy that shares nothing which could be changed: `structuredClone` cannot copy number texts. */
export function copyJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => copyJson(item)) as T;
  if (typeof value !== 'object' || value === null || isNumberText(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyJson<unknown>(item)])) as T;
}
