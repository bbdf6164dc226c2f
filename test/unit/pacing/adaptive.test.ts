import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterRefusal, ease, unlimited } from '../../../src/pacing/adaptive.js';

const floor = 1;

describe('what 429 answers teach', () => {
  it('halves the pace at which the hub refused, and gets it back in ten seconds', () => {
    const refused = afterRefusal(unlimited, { nowInMs: 0, pace: 40, floor });
    expect(refused.limit).toBe(20);
    expect(ease(refused, 5000).limit).toBeCloseTo(30);
    expect(ease(refused, 10_000).limit).toBeCloseTo(40);
    expect(ease(refused, 30_000).limit).toBe(Infinity);
  });

  it('takes refusals of one second for one', () => {
    const once = afterRefusal(unlimited, { nowInMs: 0, pace: 40, floor });
    expect(afterRefusal(once, { nowInMs: 999, pace: 40, floor })).toBe(once);
    expect(afterRefusal(once, { nowInMs: 1000, pace: 40, floor }).limit).toBeLessThan(once.limit);
  });

  const steps = fc.array(
    fc.record({
      passInMs: fc.integer({ min: 0, max: 20_000 }),
      refused: fc.boolean(),
      pace: fc.double({ min: 0, max: 1000, noNaN: true }),
    }),
    { maxLength: 50 },
  );

  it('never falls below the floor, never grows by itself beyond twice of what was refused', () => {
    fc.assert(
      fc.property(steps, (steps) => {
        let state = unlimited;
        let nowInMs = 0;
        for (const { passInMs, refused, pace } of steps) {
          nowInMs += passInMs;
          const eased = ease(state, nowInMs);
          expect(eased.limit).toBeGreaterThanOrEqual(state.limit);
          state = refused ? afterRefusal(eased, { nowInMs, pace, floor }) : eased;
          expect(state.limit).toBeGreaterThanOrEqual(floor);
          expect(state.limit === Infinity || state.limit < 2 * state.refusedAt + 1e-9).toBe(true);
          const counted = refused && state !== eased;
          const most = counted ? Math.max(floor, Math.min(eased.limit, pace) / 2) : Infinity;
          expect(state.limit).toBeLessThanOrEqual(most);
        }
        expect(ease(state, nowInMs + 31_000)).toBe(unlimited);
      }),
    );
  });

  it('eases the same in one step as in many', () => {
    const refused = afterRefusal(unlimited, { nowInMs: 0, pace: 100, floor });
    let stepwise = refused;
    for (let at = 100; at <= 7000; at += 100) stepwise = ease(stepwise, at);
    expect(stepwise.limit).toBeCloseTo(ease(refused, 7000).limit);
  });
});
