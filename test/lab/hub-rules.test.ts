import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../lab/contracts.js';
import { createHubCore } from '../../lab/hub/core/hub-core.js';
import { mergePatch } from '../../lab/hub/core/merge-patch.js';
import { checkGrowth, sizeInBytes } from '../../lab/hub/core/twin-limits.js';
import { createSeededRandom } from '../../lab/seeded-random.js';

describe('merge patch', () => {
  // RFC 7396, appendix A, the cases whose patch is an object.
  it.each<[Json, JsonObject, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  it('treats __proto__ as any other name', () => {
    const patch = JSON.parse('{"__proto__": {"polluted": true}}') as JsonObject;
    const result = mergePatch({}, patch);
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":true}}');
    expect(result).not.toHaveProperty('polluted');
  });
});

describe('the size of a twin section', () => {
  it.each<[Json, number]>([
    [{ abc: 'de' }, 5],
    [{ n: 1.5, b: false }, 14],
    [{ ü: 'ß' }, 4],
    [{ list: [1, 'ab', { k: true }] }, 19],
    [{ a: 'b\u0000\u0085c' }, 3],
    [{ gone: null }, 4],
  ])('of %j is %i bytes', (value, size) => {
    expect(sizeInBytes(value)).toBe(size);
  });

  it('may shrink and stay above the limit, but not grow', () => {
    const tags = (length: number): JsonObject => ({ t: 'x'.repeat(length) });
    expect(() => checkGrowth('tags', tags(9000), tags(8500))).not.toThrow();
    expect(() => checkGrowth('tags', tags(8500), tags(8501))).toThrow('tags exceeds 8192 bytes');
    expect(() => checkGrowth('tags', {}, tags(8191))).not.toThrow();
  });
});

describe('a hub with a clock and randomness of its own', () => {
  const start = new Date('2026-01-02T03:04:05.678Z');
  const build = () => {
    const random = createSeededRandom(7);
    return createHubCore({
      role: 'secondary',
      hostName: 's-1.azure-devices.net',
      clock: { now: () => start },
      bytes: (length) => random.bytes(length),
    });
  };

  it('makes the same keys, ETags and times again', () => {
    const [one, two] = [build(), build()];
    for (const core of [one, two]) {
      core.createIdentity({ deviceId: 'd' }, {});
      core.patchReported({ deviceId: 'd' }, { on: true });
    }
    expect(one.snapshot()).toEqual(two.snapshot());
    expect(one.connectionString).toBe(two.connectionString);
    expect(one.getTwin({ deviceId: 'd' }).reported['$metadata']).toMatchObject({
      on: { $lastUpdated: '2026-01-02T03:04:05.6780000Z' },
    });
  });

  it('never gives two lives the same generation, however fast they follow', () => {
    const core = build();
    const generations = Array.from({ length: 3 }, () => {
      const { generationId } = core.createIdentity({ deviceId: 'd' }, {});
      core.deleteIdentity({ deviceId: 'd' }, '*');
      return generationId;
    });
    expect(new Set(generations).size).toBe(3);
  });

  it('gives out copies: a caller cannot change its memory', () => {
    const core = build();
    const tags = { list: [1] };
    core.createIdentity({ deviceId: 'd' }, {}).status = 'disabled';
    core.patchTwin({ deviceId: 'd' }, { tags }).tags['list'] = [];
    tags.list.push(2);
    expect(core.getIdentity({ deviceId: 'd' }).status).toBe('enabled');
    expect(core.getTwin({ deviceId: 'd' }).tags).toEqual({ list: [1] });
  });

  it('shows when an identity is connected', () => {
    const core = build();
    core.createIdentity({ deviceId: 'd' }, {});
    core.setConnectionState({ deviceId: 'd' }, true);
    expect(core.getIdentity({ deviceId: 'd' })).toMatchObject({
      connectionState: 'Connected',
      connectionStateUpdatedTime: start.toISOString(),
    });
    expect(() => core.setConnectionState({ deviceId: 'x' }, true)).toThrow('Device not registered');
  });
});
