import type { Clock } from '../clock.js';
import { hubRoles, type HubRole } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { DirectionPort } from '../direction.js';
import type { LedgerPort, RetryQueuePort } from './ports.js';
import { toMarkedMessage } from './sync-run.js';

export interface SweepMarksOptions {
  hubNames: Record<HubRole, string>;
  ledger: Pick<LedgerPort, 'listOverdue' | 'postponeDirty' | 'listPendingDeletes' | 'readDirty' | 'markDirty'>;
  queue: Pick<RetryQueuePort, 'enqueue'>;
  direction: DirectionPort;
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
  for (const source of hubRoles) {
    const now = clock.now();
    const overdue = await ledger.listOverdue(source, new Date(now.getTime() - overdueInMs), MAX_MARKS);
    for (const { key } of overdue) {
      await queue.enqueue(toMarkedMessage(hubNames[source], key), 0);
      await ledger.postponeDirty(source, key, clock.now());
    }
    if (overdue.length > 0) logger.event('warn', 'repair.swept', { hub: hubNames[source], count: overdue.length });
    count += overdue.length;
  }
  return count;
};

/**
 * Marks copies whose deletion is overdue, so that they are looked at again: the message that should do so met a standby source, or was
 * lost. A copy that is marked already has its message. Resolves with the number of marks. Rejects with storageUnavailable.
 */
export const sweepDeletions = async (options: SweepMarksOptions): Promise<number> => {
  const { ledger, direction, clock, overdueInMs } = options;
  let count = 0;
  for (const source of hubRoles) {
    if ((await direction.decide(source)).kind !== 'apply') continue;
    const now = clock.now();
    for (const key of await ledger.listPendingDeletes(source, new Date(now.getTime() - overdueInMs), MAX_MARKS)) {
      if ((await ledger.readDirty(source, key)) !== undefined) continue;
      // Overdue at once: the sweep of marks gives it its message.
      await ledger.markDirty(source, key, 'deletionOverdue', now, new Date(now.getTime() - overdueInMs - 1));
      count += 1;
    }
  }
  return count;
};
