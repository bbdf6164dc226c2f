import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/hub-model.js';
import { applyPatch, composePatches, diffPatch, isJsonObject, jsonEqual } from '../../../src/merge-patch.js';
import { parseJson } from '../../../src/number-text.js';
import { documents, patches } from './json-arbitrary.js';

const parse = (text: string) => JSON.parse(text) as JsonObject;

describe('applyPatch', () => {
  // RFC 7396, appendix A: the cases whose patch is an object.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('%s with %s is %s', (target, patch, expected) => {
    expect(applyPatch(JSON.parse(target) as JsonObject, parse(patch))).toEqual(parse(expected));
  });

  it('treats __proto__ as a key like any other and leaves every prototype alone', () => {
    const result = applyPatch(parse('{"a":1}'), parse('{"__proto__":{"polluted":true},"constructor":{"x":1}}'));
    expect(JSON.stringify(result)).toBe('{"a":1,"__proto__":{"polluted":true},"constructor":{"x":1}}');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  });

  it('changes neither of its arguments', () => {
    fc.assert(
      fc.property(documents, patches, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        applyPatch(target, patch);
        expect(JSON.stringify([target, patch])).toBe(before);
      }),
    );
  });
});

describe('composePatches', () => {
  it('does to every document what both do one after another, wherever it gives a patch', () => {
    fc.assert(
      fc.property(documents, patches, patches, (target, first, second) => {
        const both = composePatches(first, second);
        fc.pre(both !== undefined);
        expect(applyPatch(target, both ?? {})).toEqual(applyPatch(applyPatch(target, first), second));
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  it('gives none only where a plain merge of the two would do something else', () => {
    // The document that shows it: an object stands at every place that `first` touches.
    const fill = (patch: JsonObject): JsonObject =>
      Object.fromEntries(
        Object.entries(patch).map(([name, value]) => [
          name,
          { ...(isJsonObject(value) ? fill(value) : {}), witness: 1 },
        ]),
      );
    fc.assert(
      fc.property(patches, patches, (first, second) => {
        fc.pre(composePatches(first, second) === undefined);
        const filled = fill(first);
        expect(applyPatch(filled, merged(first, second))).not.toEqual(applyPatch(applyPatch(filled, first), second));
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  it.each([
    ['null', '{"a":null}'],
    ['a scalar', '{"a":1}'],
    ['an array', '{"a":[1]}'],
  ])('gives none for %s followed by an object at the same path, also deep and for an empty object', (_, first) => {
    expect(composePatches(parse(first), { a: { b: 1 } })).toBeUndefined();
    expect(composePatches(parse(first), { a: {} })).toBeUndefined();
    expect(composePatches({ t: parse(first) }, { t: { a: { b: 1 } } })).toBeUndefined();
  });

  it('keeps removals, which the document may still need', () => {
    expect(composePatches({ a: { x: null } }, { a: { y: 1 } })).toEqual({ a: { x: null, y: 1 } });
    expect(composePatches({ a: { x: 1 } }, { a: null })).toEqual({ a: null });
  });
});

/** What a careless composition would give. */
const merged = (first: JsonObject, second: JsonObject): JsonObject => {
  const result = new Map(Object.entries(first));
  for (const [name, value] of Object.entries(second)) {
    const earlier = result.get(name);
    result.set(name, isJsonObject(value) && isJsonObject(earlier) ? merged(earlier, value) : value);
  }
  return Object.fromEntries(result);
};

describe('diffPatch', () => {
  it('makes any document equal any other', () => {
    fc.assert(
      fc.property(documents, documents, (from, to) => {
        expect(applyPatch(from, diffPatch(from, to))).toEqual(to);
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  it('is empty exactly for equal documents, whatever the order of their keys', () => {
    expect(diffPatch(parse('{"a":1,"b":{"c":[1,{"d":null}]}}'), parse('{"b":{"c":[1,{"d":null}]},"a":1}'))).toEqual({});
    fc.assert(
      fc.property(
        documents,
        documents,
        (from, to) => (Object.keys(diffPatch(from, to)).length === 0) === jsonEqual(from, to),
      ),
    );
  });

  it('nulls what is gone, leaves out what is equal, replaces arrays whole', () => {
    expect(diffPatch({ a: 1, b: { x: 1, y: 2 }, c: [1, 2] }, { b: { x: 1, z: 3 }, c: [2] })).toEqual({
      a: null,
      b: { y: null, z: 3 },
      c: [2],
    });
  });

  it('takes a null of the wanted document as absence', () => {
    expect(diffPatch({ a: 1 }, { a: null, b: null })).toEqual({ a: null });
  });

  it('tells empty objects and missing ones apart', () => {
    expect(diffPatch({}, { a: {} })).toEqual({ a: {} });
    expect(diffPatch({ a: {} }, {})).toEqual({ a: null });
    expect(diffPatch({ a: 1 }, { a: {} })).toEqual({ a: {} });
  });

  it('compares objects without a prototype as any others', () => {
    const bare = Object.assign(Object.create(null) as JsonObject, { a: { b: 1 } });
    expect(diffPatch(bare, { a: { b: 1 } })).toEqual({});
    expect(applyPatch(bare, { a: { c: 2 } })).toEqual({ a: { b: 1, c: 2 } });
  });
});

describe('jsonEqual', () => {
  it.each([
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [{ a: 1 }, { b: 1 }, false],
    [[1, 2], [2, 1], false],
    [[1], { 0: 1 }, false],
    [{}, null, false],
    [0, -0, true],
    [{ toString: 1 }, {}, false],
  ])('%j and %j: %s', (a, b, expected) => {
    expect(jsonEqual(a, b)).toBe(expected);
  });

  it.each([
    ['21.0', '21', false],
    ['1E+20', '100000000000000000000', false],
    ['-0', '0', false],
    ['21.0', '21.00', false],
    ['21.0', '"21.0"', false],
    ['21.0', '{"rawJSON":"21.0"}', false],
    ['{"a":[21.0,{"b":1E+20}]}', '{"a":[21.0,{"b":1E+20}]}', true],
  ])('compares numbers by their text: %s and %s: %s', (a, b, expected) => {
    expect(jsonEqual(parseJson(a), parseJson(b))).toBe(expected);
    expect(jsonEqual(parseJson(b), parseJson(a))).toBe(expected);
  });
});
