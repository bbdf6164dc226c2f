import { afterEach, describe, expect, it } from 'vitest';
import type { LabOptions } from '../../lab/contracts.js';
import { createHubLimits, type HubLimitOptions } from '../../lab/hub/limits/hub-limits.js';
import { usedShare } from '../../lab/hub/limits/used-share.js';
import { aLab, registryOf } from './a-lab.js';
import { refusalOf } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';

let hub: HubServer | undefined;
afterEach(() => hub?.close());
async function aHub(options: HubLimitOptions): Promise<HubServer> {
  hub = await startHubServer({ limits: createHubLimits(options) });
  hub.core.createIdentity({ deviceId: 'd' }, {});
  return hub;
}
const devices = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ deviceId: `${prefix}${index}` }));

describe('a throttled hub (S1)', () => {
  it('charges a bulk call for each of its devices: the third one of 50 in a minute is refused and does nothing', async () => {
    const { registry, core } = await aHub({ tier: 'S1' });
    await registry.addDevices(devices('a', 50));
    await registry.addDevices(devices('b', 50));
    const refused = await refusalOf(registry.addDevices(devices('c', 50)));
    expect(refused).toMatchObject({ status: 429, errorName: 'ThrottlingException', className: 'ThrottlingError' });
    expect(refused.headers['retry-after']).toBeUndefined();
    expect(refused.headers['connection']).toBe('close');
    expect(core.statistics().totalDeviceCount).toBe(101);
    expect(core.limits.metrics().throttles.identity).toMatchObject({ calls: 3, refused: 1, passedUnits: 100 });
  });

  it('answers at once, then later and later, then with 429', async () => {
    const { registry, rest, core } = await aHub({ tier: 'S1', shaping: { burstInSeconds: 0.2, maxDelayInMs: 400 } });
    // Opens the connections, so that the writes come all at once.
    await Promise.all(Array.from({ length: 60 }, () => rest('GET', '/nothing')));
    const start = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const status = await registry.updateTwin('d', { tags: { n } }, '*').then(
          () => 200,
          (error: { response?: { statusCode: number } }) => error.response?.statusCode ?? 0,
        );
        return { status, afterInMs: performance.now() - start };
      }),
    );
    const { passedUnits, delayed, refused } = core.limits.metrics().throttles.twinWrites;
    expect(passedUnits + refused).toBe(60);
    // 10 of the burst, 20 that fit into the queue, and as many as passed while the others were sent.
    expect(passedUnits).toBeGreaterThanOrEqual(30);
    expect(refused).toBeGreaterThan(0);
    expect(delayed).toBeGreaterThanOrEqual(20);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(refused);
    const slowest = Math.max(...answers.filter(({ status }) => status === 200).map(({ afterInMs }) => afterInMs));
    expect(slowest).toBeGreaterThan(350);
  });

  it('throttles reads, writes, identities and queries each for themselves', async () => {
    const { registry, rest, core } = await aHub({ tier: 'S1', shaping: { burstInSeconds: 3, maxDelayInMs: 0 } });
    // One query: 20 a minute, 3 seconds of it.
    await registry.createQuery('SELECT * FROM devices').nextAsTwin();
    const refused = await refusalOf(registry.createQuery('SELECT * FROM devices').nextAsTwin());
    expect(refused).toMatchObject({ status: 429, errorName: 'ThrottlingException' });
    for (let read = 0; read < 5; read += 1) await registry.get('d');
    expect(await refusalOf(registry.get('d'))).toMatchObject({ status: 429 });
    expect((await rest('GET', '/statistics/devices')).status).toBe(429);
    await registry.getTwin('d');
    await registry.updateTwin('d', { tags: {} }, '*');
    const { identity, queries, twinReads, twinWrites } = core.limits.metrics().throttles;
    expect([identity, queries, twinReads, twinWrites].map((count) => count.refused)).toEqual([2, 1, 0, 0]);
  });

  it('is used up by clients that always have work, with few 429', async () => {
    const { registry, core } = await aHub({ tier: 'S1', shaping: { burstInSeconds: 0.1 } });
    const work = async (): Promise<void> => {
      for (let n = 0; n < 12; n += 1) await registry.updateTwin('d', { tags: { n } }, '*');
    };
    await work();
    const from = core.limits.metrics();
    await Promise.all(Array.from({ length: 8 }, work));
    const to = core.limits.metrics();
    expect(to.throttles.twinWrites.refused).toBe(0);
    expect(usedShare('twinWrites', from, to)).toBeGreaterThan(0.9);
    expect(usedShare('twinWrites', from, to)).toBeLessThan(1.1);
  });

  it.each([
    ['ThrottleBacklogLimitExceeded', { burstInSeconds: 0, maxQueued: 0 }],
    ['ThrottlingBacklogTimeout', { burstInSeconds: 0, maxDelayInMs: 10, refusal: 'afterWaiting' }],
  ] as const)('answers %s as the options ask', async (errorName, shaping) => {
    const { registry } = await aHub({ tier: 'S1', shaping });
    await registry.getTwin('d');
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => refusalOf(registry.getTwin('d'))));
    expect(answers).toContainEqual(
      expect.objectContaining({
        value: expect.objectContaining({ status: 429, errorName, className: 'ThrottlingError' }),
      }),
    );
  });
});

describe('the laboratory', () => {
  const limitsIn = async (options: LabOptions) => {
    await using lab = await aLab(options);
    return (['primary', 'secondary'] as const).map((role) => {
      const { throttles, quota } = lab.hub(role).limits.metrics();
      return [throttles.twinWrites.limitPerSecond, quota.limit];
    });
  };

  it('throttles nothing unless it is told to', async () => {
    expect(await limitsIn({})).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('throttles the hubs that it is told to, but not what tests do to a core itself', async () => {
    expect(await limitsIn({ tier: { secondary: 'S1' }, dailyMessages: { primary: 7 } })).toEqual([
      [undefined, 7],
      [50, 400_000],
    ]);
    await using lab = await aLab({ tier: 'S1', shaping: { burstInSeconds: 0, maxDelayInMs: 0 } });
    for (let n = 0; n < 20; n += 1) lab.hub('primary').createIdentity({ deviceId: `d${n}` }, {});
    await registryOf(lab, 'primary').get('d1');
    expect(await refusalOf(registryOf(lab, 'primary').get('d2'))).toMatchObject({ status: 429 });
  });
});
