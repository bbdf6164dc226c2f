import type { Clock } from '../clock.js';
import { isAppError } from '../errors.js';
import type { HubRole, IdentityKey } from '../hub-model.js';
import type { HintOutcome } from './hint-outcome.js';
import type { LedgerPort, RetryMessage, RetryQueuePort } from './ports.js';
import { orHeld } from './put-back.js';
import { parseRetryMessage } from './retry-message.js';
import { toMessage } from './sync-run.js';

export interface PaceRepairOptions {
  hubNames: Record<HubRole, string>;
  ledger: Pick<LedgerPort, 'readDirty' | 'postponeDirty'>;
  queue: Pick<RetryQueuePort, 'enqueue'>;
  clock: Pick<Clock, 'now'>;
  /** Takes the next turn: milliseconds until it comes. */
  nextTurn: () => number;
}

/**
 * Lets repairs of dirty ids through at a set pace, so that a great many of them leave room for what happens now. A message
 * whose turn is not yet goes back to the queue until then, and keeps its turn. Everything else passes at once: devices that were
 * created or deleted (reason `lifecycle`) are no repair.
 */
export const paceRepairs =
  (options: PaceRepairOptions, handle: (raw: unknown) => Promise<HintOutcome>) =>
  async (raw: unknown): Promise<HintOutcome> => {
    const message = parseRetryMessage(raw, options.hubNames);
    if (message.kind === 'bad' || message.turn) return handle(raw);
    const { source, key, attempt, marked } = message;
    if (!(await isRepair(options, source, key))) return handle(raw);
    const waitInMs = options.nextTurn();
    if (waitInMs === 0) return handle(raw);
    const again: RetryMessage = {
      ...toMessage(options.hubNames[source], key, attempt),
      turn: true,
      ...(marked && { marked }),
    };
    await orHeld(options.ledger.postponeDirty(source, key, new Date(options.clock.now().getTime() + waitInMs)));
    await orHeld(options.queue.enqueue(again, waitInMs));
    return { kind: 'queued', reason: 'repairPaced' };
  };

const isRepair = async ({ ledger }: PaceRepairOptions, source: HubRole, key: IdentityKey): Promise<boolean> => {
  try {
    const mark = await ledger.readDirty(source, key);
    return mark !== undefined && mark.reason !== 'lifecycle';
  } catch (error) {
    if (!isAppError(error)) throw error;
    // Whoever handles the message meets the same, and puts it back with a delay.
    return false;
  }
};
