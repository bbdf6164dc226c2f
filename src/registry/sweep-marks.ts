import type { Clock } from '../clock.js';
import type { HubRole } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { LedgerPort, RetryQueuePort } from './ports.js';
import { toMessage } from './sync-run.js';

export interface SweepMarksOptions {
  hubNames: Record<HubRole, string>;
  ledger: Pick<LedgerPort, 'listOverdue' | 'postponeDirty'>;
  queue: Pick<RetryQueuePort, 'enqueue'>;
  clock: Clock;
  logger: Logger;
  /** How long after its message was due a mark counts as one without a message, in milliseconds. */
  overdueInMs: number;
}

/** In one run and direction: what is left over is found by the next run. */
const MAX_MARKS = 500;

/**
 * Gives a message to each dirty mark that has none: its process ended between the mark and the message, or the message went to the
 * poison queue. A message too many is skipped where its mark is cleared. Resolves with the number of messages. Rejects with
 * storageUnavailable.
 */
export const sweepMarks = async (options: SweepMarksOptions): Promise<number> => {
  const { hubNames, ledger, queue, clock, logger, overdueInMs } = options;
  let count = 0;
  for (const source of ['primary', 'secondary'] as const) {
    const now = clock.now();
    const overdue = await ledger.listOverdue(source, new Date(now.getTime() - overdueInMs), MAX_MARKS);
    for (const { key } of overdue) {
      await queue.enqueue({ ...toMessage(hubNames[source], key, 1), marked: true }, 0);
      await ledger.postponeDirty(source, key, clock.now());
    }
    if (overdue.length > 0) logger.event('warn', 'repair.swept', { hub: hubNames[source], count: overdue.length });
    count += overdue.length;
  }
  return count;
};
