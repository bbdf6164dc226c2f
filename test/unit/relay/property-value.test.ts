import { describe, expect, it } from 'vitest';
import { toPropertyValue } from '../../../src/relay/property-value.js';

const long = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

describe('the value of an application property', () => {
  it.each([
    ['text', 'high', 'high'],
    ['a boolean', false, false],
    ['nothing', null, null],
    ['a whole number', 9_007_199_254_740_991, 9_007_199_254_740_991],
    ['a negative one', -9_007_199_254_740_991, -9_007_199_254_740_991],
    ['a fraction', -0.5, -0.5],
    ['an infinite one', Infinity, Infinity],
    ['a double that is whole and large', 2 ** 53, '9007199254740992'],
    ['one that is larger than a long', 1e300, '1e+300'],
    ['what is no number', NaN, 'NaN'],
    ['a long', long(2n ** 53n + 2n ** 40n + 1n), '9008298766368769'],
    ['the smallest long', long(-(2n ** 63n)), '-9223372036854775808'],
    ['eight bytes that no long comes as', long(5n), 'AAAAAAAAAAU='],
    ['bytes', Buffer.from([0, 255]), 'AP8='],
    ['a time', new Date('2026-03-01T10:00:00.5Z'), '2026-03-01T10:00:00.500Z'],
    ['a time that is none here', new Date(NaN), 'Invalid Date'],
    ['a list', [1, 'a'], '[1,"a"]'],
    ['a map', { at: new Date(NaN) }, '{"at":null}'],
    ['no value', undefined, ''],
  ])('%s', (_, value, expected) => {
    expect(toPropertyValue(value)).toBe(expected);
  });
});
