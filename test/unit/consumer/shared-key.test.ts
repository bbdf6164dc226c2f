import { describe, expect, it } from 'vitest';
import { createKeyHolder } from '../../../src/consumer/shared-key.js';

const aHolder = (answers: (string | Error)[]) => {
  const scene = { now: 0, failingOver: false, asked: 0, reported: [] as unknown[] };
  const holder = createKeyHolder({
    ask: async () => {
      scene.asked += 1;
      const answer = answers[Math.min(scene.asked, answers.length) - 1];
      if (typeof answer !== 'string') throw answer;
      return { name: 'policy', key: answer };
    },
    isFailingOver: () => scene.failingOver,
    report: (error) => scene.reported.push(error),
    nowInMs: () => scene.now,
    askAgainInMs: 1000,
  });
  return { scene, holder };
};
const key = (text: string) => ({ name: 'policy', key: text });

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
    expect(scene.reported).toHaveLength(1);
    scene.now *= 2;
    expect(await holder.current()).toEqual(key('k2'));
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
});
