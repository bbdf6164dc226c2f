import { describe, expect, it, vi } from 'vitest';
import { createKeyHolder } from '../../../src/consumer/shared-key.js';

type Answer = string | Error | Promise<{ name: string; key: string }>;
const key = (text: string) => ({ name: 'policy', key: text });
const aHolder = (answers: Answer[]) => {
  const scene = { now: 0, failingOver: false, asked: 0, reported: [] as unknown[] };
  const holder = createKeyHolder({
    ask: async () => {
      scene.asked += 1;
      const answer = answers[Math.min(scene.asked, answers.length) - 1];
      if (answer instanceof Promise) return answer;
      if (typeof answer !== 'string') throw answer;
      return key(answer);
    },
    isFailingOver: () => scene.failingOver,
    report: (error) => scene.reported.push(error),
    nowInMs: () => scene.now,
    askAgainInMs: 1000,
    askLimitInMs: 20,
  });
  return { scene, holder };
};

describe('the held key', () => {
  it('is asked for once', async () => {
    const { scene, holder } = aHolder(['k1']);
    await holder.current();
    await holder.current();
    expect(scene.asked).toBe(1);
  });

  it('is renewed after a day, never during a failover, and kept when renewing fails', async () => {
    const { scene, holder } = aHolder(['k1', new TypeError('away'), 'k2']);
    await holder.current();
    scene.now = 86_400_000;
    scene.failingOver = true;
    expect(await holder.current()).toEqual(key('k1'));
    expect(scene.asked).toBe(1);
    scene.failingOver = false;
    expect(await holder.current()).toEqual(key('k1'));
    await vi.waitUntil(() => scene.reported.length === 1);
    scene.now *= 2;
    await vi.waitUntil(async () => (await holder.current()).key === 'k2');
    expect(scene.asked).toBe(3);
  });

  it('is asked for again when an endpoint refuses it, not too often and not during a failover', async () => {
    const { scene, holder } = aHolder(['k1', 'k1', 'k2']);
    await holder.current();
    expect(await holder.refused(key('k1'))).toBe(false);
    scene.now = 1000;
    scene.failingOver = true;
    expect(await holder.refused(key('k1'))).toBe(false);
    expect(scene.asked).toBe(1);
    scene.failingOver = false;
    expect(await holder.refused(key('k1'))).toBe(false);
    scene.now = 2000;
    expect(await holder.refused(key('k1'))).toBe(true);
    expect(await holder.current()).toEqual(key('k2'));
    expect(await holder.refused(key('k1'))).toBe(true);
    expect(scene.asked).toBe(3);
  });

  it('rejects only without any', async () => {
    const { holder } = aHolder([new TypeError('away'), 'k1']);
    await expect(holder.current()).rejects.toThrow('away');
    expect(await holder.current()).toEqual(key('k1'));
  });

  it('is given at once while the one that is asked for does not come, which is reported', async () => {
    const late = Promise.withResolvers<{ name: string; key: string }>();
    const { scene, holder } = aHolder(['k1', late.promise]);
    await holder.current();
    scene.now = 86_400_000;
    expect(await holder.current()).toEqual(key('k1'));
    await vi.waitUntil(() => scene.reported.length === 1);
    expect(scene.reported[0]).toMatchObject({ code: 'sharedKeyTimeout', retryable: true });
    late.resolve(key('k2'));
    await vi.waitUntil(async () => (await holder.current()).key === 'k2');
    expect(scene.asked).toBe(2);
  });

  it('that is refused is asked for again though an earlier question hangs, whose late answer replaces nothing', async () => {
    const late = Promise.withResolvers<{ name: string; key: string }>();
    const { scene, holder } = aHolder(['k1', late.promise, 'k3']);
    await holder.current();
    scene.now = 1000;
    expect(await holder.refused(key('k1'))).toBe(false);
    expect(scene.reported).toMatchObject([{ code: 'sharedKeyTimeout' }]);
    scene.now = 2000;
    expect(await holder.refused(key('k1'))).toBe(true);
    late.resolve(key('k2'));
    await late.promise;
    expect(await holder.current()).toEqual(key('k3'));
  });

  it('that does not come the first time is asked for again', async () => {
    const { holder } = aHolder([new Promise(() => undefined), 'k1']);
    await expect(holder.current()).rejects.toMatchObject({ code: 'sharedKeyTimeout' });
    expect(await holder.current()).toEqual(key('k1'));
  });
});
