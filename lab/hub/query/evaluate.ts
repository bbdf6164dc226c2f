import type { Json, JsonObject } from '../../contracts.js';
import { isJsonObject } from '../core/merge-patch.js';
import { isNumberText } from '../core/number-text.js';
import type { Column, Comparison, Condition, Operand, Path } from './query.js';

/** Undefined where the document has no such name. */
function valueAt(document: JsonObject, path: Path): Json | undefined {
  let value: Json | undefined = document;
  for (const name of path) value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return value;
}

/** A number by its value, however it was written. */
function valueOf(document: JsonObject, operand: Operand): Json | undefined {
  const value = operand.kind === 'literal' ? operand.value : valueAt(document, operand.path);
  return value !== undefined && isNumberText(value) ? Number(value.rawJSON) : value;
}

const comparisons: Record<Comparison, (left: Json, right: Json) => boolean> = {
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left! < right!,
  '<=': (left, right) => left! <= right!,
  '>': (left, right) => left! > right!,
  '>=': (left, right) => left! >= right!,
};

/**
 * Undefined where a name is not there or the types differ: neither a comparison nor its contrary holds then. Public sources do not say
 * so of IoT Hub; it is how Azure Cosmos DB has it, whose language this one resembles.
 */
function compare(op: Comparison, left: Json | undefined, right: Json | undefined): boolean | undefined {
  if (left === undefined || right === undefined || kindOf(left) !== kindOf(right)) return undefined;
  return kindOf(left) === 'object' ? undefined : comparisons[op](left, right);
}

const kindOf = (value: Json): string => (value === null ? 'null' : typeof value);

const negated = (value: boolean | undefined): boolean | undefined => (value === undefined ? undefined : !value);

/** Conjunction in three values: a false one decides, then an undefined one. */
const both = (left: boolean | undefined, right: boolean | undefined): boolean | undefined =>
  left === false || right === false ? false : left === undefined || right === undefined ? undefined : true;

function truthOf(condition: Condition, document: JsonObject): boolean | undefined {
  switch (condition.op) {
    case 'and':
      return both(truthOf(condition.left, document), truthOf(condition.right, document));
    case 'or':
      return negated(both(negated(truthOf(condition.left, document)), negated(truthOf(condition.right, document))));
    case 'not':
      return negated(truthOf(condition.of, document));
    case 'isDefined':
      return valueAt(document, condition.path) !== undefined;
    case 'in': {
      const value = valueOf(document, condition.operand);
      if (value === undefined) return undefined;
      return condition.among.some((other) => compare('=', value, valueOf(document, other)) === true);
    }
    default:
      return compare(condition.op, valueOf(document, condition.left), valueOf(document, condition.right));
  }
}

export const holds = (condition: Condition | undefined, document: JsonObject): boolean =>
  condition === undefined || truthOf(condition, document) === true;

/** The named columns of a document; a name that is not there is left out. */
export function project(columns: readonly Column[], document: JsonObject): JsonObject {
  const entries = columns.flatMap((column): [string, Json][] => {
    const value = column.kind === 'path' ? valueAt(document, column.path) : undefined;
    return value === undefined ? [] : [[column.name, value]];
  });
  return Object.fromEntries(entries);
}
