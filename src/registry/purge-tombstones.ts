import type { Clock } from '../clock.js';
import { hubRoles } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { LedgerPort } from './ports.js';

/**
 * Longer than any event of an ended life can still arrive: Event Hubs keep events for 90 days at most ("Event Hubs quotas", Premium and
 * Dedicated), Event Grid tries for 24 hours, a route for one.
 */
export const tombstonesLiveInMs = 100 * 24 * 3_600_000;
/** In one run and direction: what is left over goes in the next. */
const MAX_ROWS = 5_000;

interface PurgeOptions {
  ledger: Pick<LedgerPort, 'purgeTombstones'>;
  clock: Clock;
  logger: Logger;
}

/** Deletes the ledger's rows of identities that ended long ago. Resolves with their number. Rejects with storageUnavailable. */
export const purgeTombstones = async ({ ledger, clock, logger }: PurgeOptions): Promise<number> => {
  const before = new Date(clock.now().getTime() - tombstonesLiveInMs);
  let count = 0;
  for (const source of hubRoles) count += await ledger.purgeTombstones(source, before, MAX_ROWS);
  if (count > 0) logger.event('info', 'ledger.purged', { count });
  return count;
};
