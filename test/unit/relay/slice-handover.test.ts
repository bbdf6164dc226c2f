import { describe, expect, it } from 'vitest';
import { createRelayLease } from '../../../src/relay/lease.js';
import { GRACE_IN_MS, LONGEST_WAIT_IN_MS, RENEW_EVERY_IN_MS, RETRY_IN_MS } from '../../../src/relay/slice-times.js';
import { runSlice, type SliceReport } from '../../../src/relay/slice.js';
import { aManualClock, type ManualClock } from './support/manual-clock.js';

const sliceInMs = 240_000;
/** `maxQueuePollingInterval` in host.json: what may pass until a message of Durable is found. */
const queueInMs = 2_000;

const anInstance = (clock: ManualClock) => {
  const log: string[] = [];
  const start = () => {
    log.push('started');
    return {
      state: () => ({ forwarded: 0, batches: 0, parked: 0, held: undefined, hubs: {} }),
      stop: async (reason: string) => void log.push(reason),
    };
  };
  const fail = (error: unknown): void => void log.push(String(error));
  const lease = createRelayLease({ start, clock, graceInMs: GRACE_IN_MS, onError: fail });
  const options = { lease, clock, slots: 2, sliceInMs, renewEveryInMs: RENEW_EVERY_IN_MS };
  return { log, slice: (slot: number): Promise<SliceReport> => runSlice(slot, options) };
};

describe('two slots on two instances, with the times of production', () => {
  it('a slot that comes to the wrong instance many times in a row stops no relay', async () => {
    const clock = aManualClock();
    const [one, other] = [anInstance(clock), anInstance(clock)];
    const first = one.slice(0);
    await clock.pass(sliceInMs - 1000);
    const second = other.slice(1);
    await clock.pass(1000);
    expect(await first).toMatchObject({ outcome: 'served' });
    for (let turn = 0; turn < 7; turn += 1) {
      await clock.pass(queueInMs);
      const { outcome, againInMs } = await other.slice(0);
      expect(outcome).toBe('taken');
      await clock.pass(againInMs);
    }
    const found = one.slice(0);
    await clock.pass(sliceInMs);
    expect(await second).toMatchObject({ outcome: 'served' });
    expect(await found).toMatchObject({ outcome: 'served', started: false });
    expect(one.log).toEqual(['started']);
  });

  it('the grace outlasts each wait between two slices three times over', () => {
    expect(GRACE_IN_MS).toBeGreaterThanOrEqual(3 * Math.max(LONGEST_WAIT_IN_MS, RETRY_IN_MS, RENEW_EVERY_IN_MS));
  });
});
