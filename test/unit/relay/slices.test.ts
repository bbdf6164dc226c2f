import { describe, expect, it } from 'vitest';
import { createRelayLease } from '../../../src/relay/lease.js';
import type { RunningRelay } from '../../../src/relay/relay.js';
import { runSlice, type SliceReport } from '../../../src/relay/slice.js';
import { aManualClock } from './support/manual-clock.js';

const graceInMs = 30_000;

const aProcess = () => {
  const clock = aManualClock();
  const log: string[] = [];
  let relays = 0;
  const start = (): RunningRelay => {
    const name = `relay ${++relays}`;
    log.push(`${name} started`);
    return {
      state: () => ({ forwarded: 5, batches: 1, parked: 1, held: undefined, hubs: {} }),
      stop: async (reason) => void log.push(`${name} stopped: ${reason}`),
    };
  };
  const errors: unknown[] = [];
  const lease = createRelayLease({ start, clock, graceInMs, onError: (error) => errors.push(error) });
  const slice = (slot: number): Promise<SliceReport> =>
    runSlice(slot, { lease, clock, slots: 2, sliceInMs: 240_000, renewEveryInMs: 5000 });
  return { clock, log, lease, slice, errors };
};

describe('slices', () => {
  it('follow each other without the relay stopping', async () => {
    const { clock, log, slice } = aProcess();
    const reports: SliceReport[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const running = slice(0);
      await clock.pass(240_000);
      reports.push(await running);
      await clock.pass(250);
    }
    expect(log).toEqual(['relay 1 started']);
    expect(reports).toEqual(
      [true, false, false].map((started) => ({ outcome: 'served', againInMs: 0, started, forwarded: 5, parked: 1 })),
    );
  });

  it('leave the relay running for the grace time, then it stops by itself', async () => {
    const { clock, log, slice } = aProcess();
    const running = slice(0);
    await clock.pass(240_000);
    await running;
    await clock.pass(graceInMs - 1);
    expect(log).toEqual(['relay 1 started']);
    await clock.pass(1);
    expect(log).toEqual(['relay 1 started', 'relay 1 stopped: noSlice']);
    expect(clock.sleepers).toBe(0);
  });

  it('begin a new relay after that', async () => {
    const { clock, log, slice } = aProcess();
    const first = slice(0);
    await clock.pass(240_000 + graceInMs);
    await first;
    const second = slice(1);
    await clock.pass(240_000);
    expect(await second).toMatchObject({ outcome: 'served', started: true });
    expect(log).toEqual(['relay 1 started', 'relay 1 stopped: noSlice', 'relay 2 started']);
  });

  it('of a second slot in one process end at once, so that another instance may take it', async () => {
    const { clock, log, slice } = aProcess();
    const first = slice(0);
    await clock.pass(1000);
    expect(await slice(1)).toEqual({ outcome: 'taken', againInMs: 5000, started: false, forwarded: 0, parked: 0 });
    await clock.pass(239_000);
    expect(await first).toMatchObject({ outcome: 'served' });
    expect(log).toEqual(['relay 1 started']);
  });

  it('of a slot that is no more end it', async () => {
    const { log, slice } = aProcess();
    expect(await slice(2)).toMatchObject({ outcome: 'retired' });
    expect(log).toEqual([]);
  });

  it('notice that the relay was stopped under them', async () => {
    const { clock, lease, log, slice } = aProcess();
    const running = slice(0);
    await clock.pass(1000);
    await lease.stop('appStops');
    await clock.pass(5000);
    expect(await running).toMatchObject({ outcome: 'lost' });
    expect(log).toEqual(['relay 1 started', 'relay 1 stopped: appStops']);
  });
});
