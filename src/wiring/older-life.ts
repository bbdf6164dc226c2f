import type { HubClient } from '../azure/hub/hub-client.js';
import type { TableLedger } from '../azure/storage/table-ledger.js';
import type { Clock } from '../clock.js';
import type { WatchStorePort } from '../failover/ports.js';
import type { WatchState } from '../failover/watch-state.js';
import type { HubNames } from '../routing/document.js';
import type { OlderLife } from '../routing/ports.js';

export interface OlderLifeOptions {
  ledger: Pick<TableLedger, 'isEmpty'>;
  watches: Pick<WatchStorePort, 'read'>;
  /** The hub that a first document makes the standby. */
  standby: Pick<HubClient, 'listDeviceIds'>;
  hubNames: HubNames;
  clock: Clock;
  /** The canary device is made by hand on every watched hub before the first start, so that it is no sign. */
  canaryDeviceId: string | undefined;
}

/** A fresh installation's watch may be there before its first routing document, but not for a day. */
const YOUNG_WATCH_IN_MS = 86_400_000;

const isOld = ({ generations }: WatchState, now: Date): boolean =>
  generations.some(({ number, startedAt }) => number > 1 || now.getTime() - Date.parse(startedAt) > YOUNG_WATCH_IN_MS);

/**
 * Looks for signs that this is no fresh installation: copies in the ledger, a document of consumers with a past, devices on the secondary hub.
 * The cheapest first. Rejects when one of them can't be read: then it is not known.
 */
export const olderLifeFinder =
  ({ ledger, watches, standby, hubNames, clock, canaryDeviceId }: OlderLifeOptions) =>
  async (): Promise<OlderLife | undefined> => {
    if (!(await ledger.isEmpty())) return 'ledger';
    for (const hub of [hubNames.primary, hubNames.secondary]) {
      const watch = await watches.read(hub);
      if (watch && isOld(watch.state, clock.now())) return 'consumersDocument';
    }
    const some = await standby.listDeviceIds(2);
    return some.some((deviceId) => deviceId !== canaryDeviceId) ? 'standbyHub' : undefined;
  };
