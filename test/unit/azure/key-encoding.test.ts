import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRowKey, decodeText, encodeRowKey, encodeText } from '../../../src/azure/storage/key-encoding.js';
import type { IdentityKey } from '../../../src/hub-model.js';

const idCharacters = "abcXYZ019-:.+%_#*?!(),=@;$'";
const id = fc.string({ unit: fc.constantFrom(...idCharacters.split('')), minLength: 1, maxLength: 40 });
const anyKey: fc.Arbitrary<IdentityKey> = fc.oneof(
  fc.record({ deviceId: id }),
  fc.record({ deviceId: id, moduleId: id }),
);

describe('row keys', () => {
  it('are readable', () => {
    expect(encodeRowKey({ deviceId: 'Pump-7', moduleId: '$edgeAgent' })).toBe('Pump-7~$edgeAgent');
    expect(encodeRowKey({ deviceId: 'a#b?c%d+e_f' })).toBe('a_23b_3fc_25d_2be_5ff');
  });

  it('give the ids back, and hold nothing that a table key may not hold', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const rowKey = encodeRowKey(key);
        expect(decodeRowKey(rowKey)).toEqual(key);
        expect(rowKey).toMatch(/^[A-Za-z0-9.:,;=@$!()*_~-]+$/);
      }),
    );
  });

  it('of long ids full of signs are digests, different for different ids and short enough', () => {
    const [a, b] = ['#', '?'].map((sign) => encodeRowKey({ deviceId: sign.repeat(128), moduleId: 'm'.repeat(128) }));
    expect(a).not.toBe(b);
    expect(a?.length).toBeLessThanOrEqual(512);
    expect(decodeRowKey(a!)).toBeUndefined();
  });

  it('encode any text reversibly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeText(encodeText(text))).toBe(text);
      }),
    );
  });
});
