import type { JsonValue, NumberText } from './hub-model.js';

type Reviver = (name: string, value: unknown, context: { source?: string }) => unknown;
/** ECMAScript, "JSON.parse source text access": in Node since version 21, not yet in the libraries of TypeScript. */
const { parse, rawJSON, isRawJSON } = JSON as unknown as {
  parse: (text: string, reviver?: Reviver) => JsonValue;
  rawJSON: (text: string) => NumberText;
  isRawJSON: (value: unknown) => value is NumberText;
};

export const isNumberText = isRawJSON;

/**
 * Numbers that JavaScript may write differently from how they stand there: negative zero, a fraction that ends in 0 or begins with six zeros, an
 * exponent, more than 15 digits. Others it always gives back. What looks like one inside a string costs a closer look and no more.
 */
const suspect = /(?:^|[\s:,[])(-0|-?\d+(?:\.\d*0|\.0{6}\d*|(?:\.\d+)?[eE][+-]?\d+)|-?[\d.]{16,})(?=[\s,\]}]|$)/;
const suspects = new RegExp(suspect, 'g');

const isKept = (text: string): boolean => String(Number(text)) === text;

/** Whether `JSON.parse` and `JSON.stringify` would change the text of a number in there. */
export function hasNumberText(json: string): boolean {
  return suspect.test(json) && [...json.matchAll(suspects)].some(([, text = '']) => !isKept(text));
}

const keepNumber: Reviver = (_name, value, { source }) =>
  typeof value === 'number' && source !== undefined && !isKept(source) ? rawJSON(source) : value;

/** JSON in which every number keeps its text: `JSON.stringify` writes it as it was. Throws SyntaxError. */
export const parseJson = (json: string): JsonValue => (hasNumberText(json) ? parse(json, keepNumber) : parse(json));

/** For numbers to count with, such as versions. */
export const toNumber = (value: unknown): unknown => (isNumberText(value) ? Number(value.rawJSON) : value);
