import { describe, expect, it } from 'vitest';
import { createHealth } from '../../../src/consumer/health.js';
import { createLagWatch } from '../../../src/consumer/lag-watch.js';
import { judge } from '../../../src/consumer/life-signs.js';

const limits = { silenceLimitInMs: 100, balanceLimitInMs: 60 };
const none = { answered: false, complaint: undefined, partitions: new Map(), partitionIds: [] };

describe('a client is made anew', () => {
  const signs = { aliveAtInMs: 1000, balancedAtInMs: 1000, behindSinceInMs: [undefined] };
  it.each([
    [undefined, signs, 1050],
    ['silent', signs, 1100],
    ['notBalancing', { ...signs, aliveAtInMs: 1090 }, 1100],
    ['stuck', { ...signs, aliveAtInMs: 1190, balancedAtInMs: 1190, behindSinceInMs: [undefined, 1100] }, 1200],
  ])('as %s', (verdict, given, now) => {
    expect(judge(given, now, limits)).toBe(verdict);
  });
});

describe('a partition is behind', () => {
  const look = (reached: number | undefined, lastEnqueued: number | undefined, isBusy = false) => [
    { partitionId: '0', reached, lastEnqueued, isBusy },
  ];
  it('since events first waited without any coming', () => {
    const watch = createLagWatch();
    watch.look(look(5, 9), 10);
    watch.look(look(5, 12), 20);
    expect(watch.behindSinceInMs).toEqual([10]);
    watch.look(look(7, 12), 30);
    expect(watch.behindSinceInMs).toEqual([30]);
    watch.look(look(12, 12), 40);
    expect(watch.behindSinceInMs).toEqual([undefined]);
  });
  it('never while its handler is at work, or where nothing is known', () => {
    const watch = createLagWatch();
    watch.look(look(5, 9, true), 10);
    expect(watch.behindSinceInMs).toEqual([undefined]);
    watch.look(look(undefined, 9), 20);
    expect(watch.behindSinceInMs).toEqual([]);
  });
});

describe('health', () => {
  it('counts an endpoint as away only from an unanswered look on, since the last answer', () => {
    let now = 0;
    const health = createHealth(limits, () => now);
    now = 50;
    expect(health.awayForInMs).toBe(0);
    health.looked(none, []);
    expect(health.awayForInMs).toBe(50);
    health.renewed();
    expect(health.awayForInMs).toBe(50);
    health.looked({ ...none, answered: true }, []);
    expect(health.awayForInMs).toBe(0);
  });
  it('forgets what the endpoint said of itself once it answers', () => {
    const health = createHealth(limits, () => 0);
    health.complained('denied');
    expect([health.isGone, health.isAnswering]).toEqual(['denied', false]);
    health.alive();
    expect([health.isGone, health.isAnswering]).toEqual([undefined, true]);
  });
  it('has more patience each time that clients die young, and the usual one after a long life', () => {
    let now = 0;
    const health = createHealth(limits, () => now);
    const livesFor = (ms: number): boolean => {
      now += ms;
      health.balanced();
      return health.death(false) === undefined;
    };
    health.renewed();
    expect([livesFor(99), livesFor(1)]).toEqual([true, false]);
    health.renewed();
    expect([livesFor(199), livesFor(1)]).toEqual([true, false]);
    now += 10_000;
    health.renewed();
    expect([livesFor(99), livesFor(1)]).toEqual([true, false]);
  });
  it('does not miss balancing while a partition is made ready', () => {
    let now = 0;
    const health = createHealth(limits, () => now);
    now = 70;
    expect([health.death(false), health.death(true)]).toEqual(['notBalancing', undefined]);
  });
});
