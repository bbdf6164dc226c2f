import { afterEach, describe, expect, it, vi } from 'vitest';
import { createStandStillWatch, type StandStillWatch } from '../../src/stand-still.js';
import { aClock, aLogger } from './support/fakes.js';

let watch: StandStillWatch | undefined;
afterEach(() => {
  watch?.close();
  vi.useRealTimers();
});

const setUp = () => {
  vi.useFakeTimers();
  const clock = aClock();
  const logger = aLogger();
  watch = createStandStillWatch({ clock, logger, limitInMs: 30_000, settleInMs: 60_000 });
  /** Time in which the process runs: its timers do. */
  const live = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 500) {
      clock.advance(500);
      vi.advanceTimersByTime(500);
    }
  };
  return { clock, logger, live, watch };
};

describe('the watch for a stand-still of this process', () => {
  it('is at ease while the process runs, asked or not', () => {
    const { live, watch, logger } = setUp();
    live(300_000);
    expect(watch.isUncertain()).toBe(false);
    expect(logger.events).toEqual([]);
  });

  it('notices a pause when it is asked, before any timer has run', () => {
    const { live, clock, watch, logger } = setUp();
    live(10_000);
    clock.advance(90_000);
    expect(watch.isUncertain()).toBe(true);
    expect(logger.events).toEqual([
      { level: 'warn', id: 'process.stoodStill', fields: { pauseInMs: 90_000, settleInMs: 60_000 } },
    ]);
  });

  it('notices a pause by its timer, before anybody asks', () => {
    const { live, clock, watch, logger } = setUp();
    clock.advance(90_000);
    live(59_000);
    expect(watch.isUncertain()).toBe(true);
    expect(logger.events).toHaveLength(1);
  });

  it('is at ease again when the host has had its time', () => {
    const { live, clock, watch } = setUp();
    clock.advance(90_000);
    expect(watch.isUncertain()).toBe(true);
    live(60_000);
    expect(watch.isUncertain()).toBe(false);
  });

  it('begins anew with each pause', () => {
    const { live, clock, watch } = setUp();
    clock.advance(90_000);
    live(50_000);
    clock.advance(90_000);
    live(50_000);
    expect(watch.isUncertain()).toBe(true);
  });

  it('takes a short pause as none', () => {
    const { clock, watch, logger } = setUp();
    clock.advance(30_000);
    expect(watch.isUncertain()).toBe(false);
    expect(logger.events).toEqual([]);
  });
});
