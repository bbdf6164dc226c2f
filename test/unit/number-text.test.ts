import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutRemovals } from '../../src/azure/device/without-removals.js';
import type { JsonObject } from '../../src/hub-model.js';
import { applyPatch, composePatches, diffPatch, isJsonObject } from '../../src/merge-patch.js';
import { hasNumberText, isNumberText, parseJson, toNumber } from '../../src/number-text.js';
import { stripServiceFields } from '../../src/service-fields.js';

const digits = fc.stringMatching(/^(0|[1-9]\d{0,24})$/);
const fraction = fc.stringMatching(/^(\.(0{0,8})\d{1,20})?$/);
const exponent = fc.stringMatching(/^([eE][+-]?\d{1,3})?$/);
/** Any number of JSON's grammar: RFC 8259, section 6. */
const numbers = fc.tuple(fc.constantFrom('', '-'), digits, fraction, exponent).map((parts) => parts.join(''));
/** Strings that look like numbers, dates and JSON, and such that UTF-8 cannot hold. */
const strings = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '1.0',
      ' 1.0,',
      ':1E+20',
      '2023-01-31T10:37:08.4599400',
      '2023-01-31T10:37:08.450+02:00',
      '\ud800',
      '"',
    ),
  )
  .map((value) => JSON.stringify(value));
const names = fc
  .oneof(fc.constantFrom('a', 'b', 'c', '__proto__', 'rawJSON', '1'), fc.string())
  // A name of the service's own, which never reaches the other hub, begins with `$`.
  .filter((name) => !name.startsWith('$'))
  .map((name) => JSON.stringify(name));
const spaces = fc.constantFrom('', '', '', ' ', '\n\t');

/** JSON texts, token by token: [text as it is written, text without spaces]. */
type Text = [written: string, plain: string];
const { value, object } = fc.letrec<{ value: Text; array: Text; object: Text }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    numbers.map((text): Text => [text, text]),
    strings.map((text): Text => [text, text]),
    fc.constantFrom('true', 'false', 'null').map((text): Text => [text, text]),
    tie('array'),
    tie('object'),
  ),
  array: fc
    .tuple(fc.array(tie('value'), { maxLength: 4 }), spaces)
    .map(([items, space]): Text => [
      `[${space}${items.map(([text]) => text).join(`${space},${space}`)}${space}]`,
      `[${items.map(([, text]) => text).join(',')}]`,
    ]),
  object: fc
    .tuple(fc.uniqueArray(fc.tuple(names, tie('value')), { selector: ([name]) => name, maxLength: 4 }), spaces)
    .map(([entries, space]): Text => [
      `{${space}${entries.map(([name, [text]]) => `${name}${space}:${space}${text}`).join(`${space},${space}`)}${space}}`,
      `{${sortKeys(entries)
        .map(([name, [, text]]) => `${name}:${text}`)
        .join(',')}}`,
    ]),
}));
/** JavaScript keeps keys in the order in which they came, but for those that are whole numbers: these are first. */
function sortKeys<T>(entries: [string, T][]): [string, T][] {
  const order = Object.keys(Object.fromEntries(entries.map(([name]) => [JSON.parse(name) as string, 0])));
  return order.flatMap((name) => entries.filter(([text]) => (JSON.parse(text) as string) === name));
}

describe('JSON with the text of its numbers', () => {
  it('is written as it was read, whatever its numbers, strings and names are', () => {
    fc.assert(
      fc.property(value, ([written, plain]) => {
        expect(JSON.stringify(parseJson(written))).toBe(plain);
      }),
      { numRuns: 1000 },
    );
  }, 60_000);

  it('stays so by way of every operation on twins', () => {
    fc.assert(
      fc.property(object, ([written, plain]) => {
        const content = parseJson(`{"a":${written}}`) as JsonObject;
        const text = JSON.stringify(withoutNulls(content));
        expect(JSON.stringify(content)).toBe(`{"a":${plain}}`);
        // What holds no null comes through each of them.
        const kept = stripServiceFields(withoutNulls(content));
        expect(JSON.stringify(kept)).toBe(text);
        for (const result of [
          applyPatch({}, kept),
          diffPatch({}, kept),
          composePatches({}, kept),
          applyPatch({ a: { b: 1 } }, diffPatch({ a: { b: 1 } }, kept)),
          composePatches({ a: null, b: null }, { b: 1 }) && withoutRemovals(kept),
        ])
          expect(sorted(result)).toBe(sorted(kept));
        expect(diffPatch(kept, parseJson(text) as JsonObject)).toEqual({});
      }),
      { numRuns: 500 },
    );
  }, 60_000);

  it('costs the reading of plain JSON where every number is kept by JavaScript too', () => {
    fc.assert(
      fc.property(value, ([written]) => {
        const texts = new Set<boolean>();
        JSON.parse(written, ((_name: string, item: unknown, { source = '' }: { source?: string }) => {
          if (typeof item === 'number') texts.add(String(item) === source);
          return item;
        }) as never);
        fc.pre(!/"[^"]*\d/.test(written));
        expect(hasNumberText(written)).toBe(texts.has(false));
      }),
      { numRuns: 1000 },
    );
  }, 60_000);

  it.each([
    ['{"at":"2026-01-02T03:04:05.6780000Z","n":21.5}', false],
    ['{"a":1,"b":[-1,0,51.5073509,0.1,1e+21]}', false],
    ['{"a":0.30000000000000004,"b":123456789012345678}', true],
    ['{"a":21.0}', true],
    ['[\n-0\n]', true],
    ['1E+20', true],
    ['{"a":1e400}', true],
    ['{"a":0.0000001}', true],
    ['{"a":0.000001}', false],
    ['{"a":9007199254740993}', true],
  ])('%s: a number there loses its text in JavaScript: %s', (text, expected) => {
    expect(hasNumberText(text)).toBe(expected);
  });

  it('refuses what is not JSON', () => {
    for (const text of ['', '{"a":1.0', '1.0.0', '01.0', '+1.0', '1.', '.50', 'NaN', '-'])
      expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('tells its numbers from objects of the same look', () => {
    const { a = null, b = null } = parseJson('{"a":21.0,"b":{"rawJSON":"21.0"}}') as JsonObject;
    expect([isNumberText(a), isJsonObject(a), isNumberText(b), isJsonObject(b)]).toEqual([true, false, false, true]);
    expect([toNumber(a), toNumber(7), toNumber(b)]).toEqual([21, 7, b]);
  });
});

const sorted = (content: unknown): string =>
  JSON.stringify(content, (_name, item: unknown) =>
    isJsonObject(item) ? Object.fromEntries(Object.entries(item).toSorted(([x], [y]) => (x < y ? -1 : 1))) : item,
  );

/** Outside of arrays, where a merge patch can hold none. */
const withoutNulls = (content: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(content)
      .filter(([, item]) => item !== null)
      .map(([name, item]) => [name, isJsonObject(item) ? withoutNulls(item) : item]),
  );
