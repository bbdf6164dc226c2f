import { z } from 'zod';
import type { Clock } from '../clock.js';
import type { RelayLease } from './lease.js';
import { LONGEST_WAIT_IN_MS } from './slice-times.js';

/** What a slice's activity answers. */
export const sliceReportSchema = z.object({
  /**
   * `served`: the relay of that process ran for the whole slice. `taken`: it runs there under another slot. `lost`: the process stood still for so
   * long that the relay stopped. `retired`: there are fewer slots now.
   */
  outcome: z.enum(['served', 'taken', 'lost', 'retired']),
  /** When the slot's next slice is to begin: at once after one that was served. */
  againInMs: z.number().min(0),
  /** The relay was started for this slice; else it went on from the one before. */
  started: z.boolean(),
  /** Messages acknowledged by the target since the relay of that process started. */
  forwarded: z.number(),
  parked: z.number(),
});
export type SliceReport = z.infer<typeof sliceReportSchema>;

export interface SliceOptions {
  lease: RelayLease;
  clock: Clock;
  slots: number;
  sliceInMs: number;
  /** Well below the lease's grace time. */
  renewEveryInMs: number;
}

const none = { started: false, forwarded: 0, parked: 0 };

/** Keeps this process's relay alive for one slice; it outlives the slice's end by the lease's grace time. */
export async function runSlice(slot: number, options: SliceOptions): Promise<SliceReport> {
  const { lease, clock, slots, sliceInMs, renewEveryInMs } = options;
  const againInMs = Math.min(LONGEST_WAIT_IN_MS, sliceInMs / 8);
  if (slot >= slots) return { outcome: 'retired', againInMs, ...none };
  const hold = lease.take();
  if (!hold) return { outcome: 'taken', againInMs, ...none };
  const endsInMs = clock.monotonicInMs() + sliceInMs;
  try {
    for (let left = sliceInMs; left > 0; left = endsInMs - clock.monotonicInMs()) {
      await clock.sleep(Math.min(left, renewEveryInMs));
      if (!hold.renew()) break;
    }
    const { forwarded, parked } = hold.state();
    const figures = { started: hold.started, forwarded, parked };
    return hold.renew() ? { outcome: 'served', againInMs: 0, ...figures } : { outcome: 'lost', againInMs, ...figures };
  } finally {
    hold.release();
  }
}
