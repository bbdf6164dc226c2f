import { describe, expect, it } from 'vitest';
import { dayOf, messagesOf, nextDayOf } from '../../../src/pacing/quota.js';
import { hubBudget } from '../../../src/pacing/tiers.js';

describe('hubBudget', () => {
  it.each([
    ['S1', 1, { twinRead: 100, twinWrite: 50, identity: 100 / 60 }, 400_000],
    ['S1', 4, { twinRead: 100, twinWrite: 50, identity: 400 / 60 }, 1_600_000],
    ['S2', 1, { twinRead: 100, twinWrite: 50, identity: 100 / 60 }, 6_000_000],
    ['S2', 20, { twinRead: 200, twinWrite: 100, identity: 2000 / 60 }, 120_000_000],
    ['S3', 2, { twinRead: 1000, twinWrite: 500, identity: 10_000 / 60 }, 600_000_000],
  ] as const)('of %s with %i units is what the service documents', (tier, units, perSecond, messagesPerDay) => {
    expect(hubBudget(tier, units)).toEqual({ perSecond, messagesPerDay });
  });
});

describe('the daily quota', () => {
  it('charges each 4 KB begun, and at least one message', () => {
    expect(messagesOf({})).toBe(1);
    const wrapping = JSON.stringify({ a: '' }).length;
    expect(messagesOf({ a: 'x'.repeat(4096 - wrapping) })).toBe(1);
    expect(messagesOf({ a: 'x'.repeat(4097 - wrapping) })).toBe(2);
    expect(messagesOf({ a: 'ü'.repeat(4096) })).toBe(3);
  });

  it('has the days of UTC', () => {
    const late = new Date('2026-12-31T23:59:59.999Z');
    expect(dayOf(late)).toBe('2026-12-31');
    expect(new Date(nextDayOf(late)).toISOString()).toBe('2027-01-01T00:00:00.000Z');
  });
});
