import type { Json, JsonObject } from '../../contracts.js';
import { refuseArgument } from './errors.js';
import { isJsonObject } from './merge-patch.js';
import { isNumberText, numberTextOf } from './number-text.js';

// "Understand and use device twins", device twin size and format.
const KIB = 1024;
const maxSizeInBytes = { tags: 8 * KIB, desired: 32 * KIB, reported: 32 * KIB } as const;
const MAX_KEY_IN_BYTES = KIB;
const MAX_STRING_IN_BYTES = 4 * KIB;
const MAX_DEPTH = 10;
const MIN_INTEGER = -4_503_599_627_370_496;
const MAX_INTEGER = 4_503_599_627_370_495;

export type SectionName = keyof typeof maxSizeInBytes;

// Control characters (C0, C1 and DEL) are forbidden in keys and not counted in sizes.
const controlCharacters = /\p{Cc}/gu;
const forbiddenInKeys = /[\p{Cc}.$ ]/u;

const textSize = (text: string): number => Buffer.byteLength(text.replaceAll(controlCharacters, ''));

/** The service's size: keys and strings in UTF-8 without control characters, 8 bytes a number, 4 a boolean, none for null. */
export function sizeInBytes(value: Json): number {
  if (typeof value === 'string') return textSize(value);
  if (typeof value === 'number' || isNumberText(value)) return 8;
  if (typeof value === 'boolean') return 4;
  if (value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeInBytes(item), 0);
  return Object.entries(value).reduce((sum, [name, item]) => sum + textSize(name) + sizeInBytes(item), 0);
}

function checkName(section: SectionName, name: string): void {
  if (name === '') refuseArgument(`A key in ${section} is empty`);
  if (forbiddenInKeys.test(name)) refuseArgument(`A key in ${section} holds a control character, '.', '$' or a space`);
  if (Buffer.byteLength(name) > MAX_KEY_IN_BYTES) refuseArgument(`A key in ${section} is longer than 1 KB`);
}

/** A null inside an array means nothing to a merge patch, at any depth: 400004 (Azure/azure-iot-sdk-csharp#1741). */
function refuseNulls(section: SectionName, value: Json): void {
  if (value === null) refuseArgument(`An array in ${section} holds a null`);
  if (Array.isArray(value) || isJsonObject(value)) for (const item of Object.values(value)) refuseNulls(section, item);
}

const isOutOfRange = (value: number): boolean => value < MIN_INTEGER || value > MAX_INTEGER;

/**
 * Digits alone are an integer, anything else is a double (Azure/azure-iot-sdk-csharp#2958: 5283920058631410000 is refused, and the
 * way round is a double).
 */
function checkNumber(section: SectionName, text: string): void {
  const value = Number(text);
  if (/[.eE]/.test(text)) {
    if (!Number.isFinite(value)) refuseArgument(`A number in ${section} is beyond a double`);
  } else if (isOutOfRange(value)) refuseArgument(`An integer in ${section} is out of range`);
}

/** Without `largeDoublesTaken`: a whole number beyond the integers' range is refused, however it is written. */
export function refuseLargeDoubles(value: Json): void {
  const number = numberTextOf(value);
  if (number !== undefined && Number.isInteger(Number(number)) && isOutOfRange(Number(number)))
    refuseArgument('A whole number is out of range');
  if (Array.isArray(value) || isJsonObject(value)) for (const item of Object.values(value)) refuseLargeDoubles(item);
}

/** Checks keys, values and depth of what a caller sent. `depth` is the number of containers around the value. */
function checkValues(section: SectionName, value: Json, depth = 0): void {
  if (typeof value === 'string' && Buffer.byteLength(value) > MAX_STRING_IN_BYTES) {
    refuseArgument(`A value in ${section} is longer than 4 KB`);
  }
  const number = numberTextOf(value);
  if (number !== undefined) checkNumber(section, number);
  if (typeof value !== 'object' || value === null || isNumberText(value)) return;
  if (depth > MAX_DEPTH) refuseArgument(`The depth of ${section} exceeds ${MAX_DEPTH}`);
  if (Array.isArray(value)) {
    refuseNulls(section, value);
    for (const item of value) checkValues(section, item, depth + 1);
    return;
  }
  for (const [name, item] of Object.entries(value)) {
    checkName(section, name);
    checkValues(section, item, depth + 1);
  }
}

/** Refuses only what makes a section larger than its limit: one that is too large already may shrink step by step. */
export function checkGrowth(section: SectionName, before: JsonObject, after: JsonObject): void {
  const size = sizeInBytes(after);
  if (size > maxSizeInBytes[section] && size > sizeInBytes(before)) {
    refuseArgument(`The size of ${section} exceeds ${maxSizeInBytes[section]} bytes`);
  }
}

/** A section as a caller may give it; anything but an object is refused. */
export function checkSection(section: SectionName, value: unknown): asserts value is JsonObject {
  if (!isJsonObject(value)) refuseArgument(`${section} must be an object`);
  checkValues(section, value);
}

/** A replace has nothing to remove: a null tag in one is refused with 400004. */
export function refuseNullTags(tags: JsonObject): void {
  for (const value of Object.values(tags)) {
    if (value === null) refuseArgument('A tag is null');
    if (isJsonObject(value)) refuseNullTags(value);
  }
}
