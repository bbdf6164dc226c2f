import type { Clock } from '../clock.js';
import { AppError, codeOf, isAppError } from '../errors.js';
import type { HubRole, IdentityKey } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { LedgerPort, Random, RetryMessage, RetryQueuePort } from './ports.js';
import { retryDelayInMs } from './retry-delay.js';
import { toMessage, type SyncCause } from './sync-run.js';
import type { SyncOutcome } from './sync-outcome.js';

export interface PutBackOptions {
  hubNames: Record<HubRole, string>;
  ledger: LedgerPort;
  queue: RetryQueuePort;
  clock: Clock;
  logger: Logger;
  random: Random;
}

/**
 * Puts what can't be done now on the retry queue; `attempt` is the coming one's number. What was refused is marked dirty too and
 * comes back at a slow pace, since its cause may go away (a full registry, a name that was reserved). Rejects with `held`
 * when the queue can't be written: whoever delivered the hint must deliver it again.
 */
export const putBack = async (
  options: PutBackOptions,
  source: HubRole,
  key: IdentityKey,
  attempt: number,
  outcome: Extract<SyncOutcome, { kind: 'notNow' | 'refused' }>,
  { cause, isMarked = false }: { cause?: SyncCause; isMarked?: boolean } = {},
): Promise<void> => {
  const { hubNames, queue, logger, random } = options;
  const refused = outcome.kind === 'refused';
  const code = outcome.error === undefined ? undefined : codeOf(outcome.error);
  const fields = { hub: hubNames[source], ...key, attempt, side: outcome.side, code };
  const retryAfterInMs = outcome.error?.retryAfterInMs;
  const delayInMs = retryDelayInMs({ attempt, pace: refused ? 'slow' : 'quick', random, retryAfterInMs });
  const dueAt = new Date(options.clock.now().getTime() + delayInMs);
  if (refused) {
    logger.event('error', 'identity.refused', { ...fields, serviceCode: outcome.error.serviceCode });
    await tellMark(options, key, (now) => options.ledger.markDirty(source, key, 'refusedByTarget', now, dueAt));
  } else {
    logger.event('warn', 'identity.notNow', { ...fields, reason: outcome.reason });
    if (isMarked) await tellMark(options, key, () => options.ledger.postponeDirty(source, key, dueAt));
  }
  const message: RetryMessage = {
    ...toMessage(hubNames[source], key, attempt, cause),
    ...(isMarked && { marked: true }),
  };
  await orHeld(queue.enqueue(message, delayInMs));
};

/** The message alone brings the repair about; the mark makes it seen. So a table that is away is told and not fatal. */
const tellMark = async (
  options: PutBackOptions,
  key: IdentityKey,
  tell: (now: Date) => Promise<void>,
): Promise<void> => {
  try {
    await tell(options.clock.now());
  } catch (error) {
    if (!isAppError(error)) throw error;
    options.logger.event('warn', 'identity.notNow', { reason: 'storageAway', code: error.code, ...key });
  }
};

/** A hint that can neither be done nor kept has to stay with whoever delivered it. */
export const orHeld = async <T>(stored: Promise<T>): Promise<T> => {
  try {
    return await stored;
  } catch (error) {
    if (!isAppError(error)) throw error;
    throw new AppError('held', 'The hint can be kept nowhere now: it must be delivered again.', {
      retryable: true,
      cause: error,
    });
  }
};
