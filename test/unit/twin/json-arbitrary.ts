import * as fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/hub-model.js';
import { parseJson } from '../../../src/number-text.js';

/** Few names, so that patches meet; among them those which objects of JavaScript treat in ways of their own. */
const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString');
const scalars = fc.oneof(
  fc.boolean(),
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom('', 'x'),
  fc.constantFrom('1.0', '1E+0').map(parseJson),
);

const objectOf = (value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> =>
  fc.array(fc.tuple(names, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));

const { document, patch } = fc.letrec<{
  value: JsonValue;
  document: JsonObject;
  patched: JsonValue;
  patch: JsonObject;
}>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.array(fc.oneof(scalars, fc.constant(null)), { maxLength: 2 }),
    tie('document'),
  ),
  document: objectOf(tie('value')),
  patched: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.constant(null),
    fc.array(fc.oneof(scalars, fc.constant(null)), { maxLength: 2 }),
    tie('patch'),
  ),
  patch: objectOf(tie('patched')),
}));

/** What a twin's section can hold: no null outside of arrays. */
export const documents = document;
/** Merge patches of such sections. */
export const patches = patch;
