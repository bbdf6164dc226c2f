import type { DirectionPort } from '../direction.js';
import type { Clock } from '../clock.js';
import { otherRole, type HubRole, type IdentityKey } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import { followUpDelayInMs } from './retry-delay.js';
import { assertMayWrite, on, type SyncStop } from './sync-stop.js';
import type { LedgerPort, RegistryHubPort, ReportedWriter, RetryMessage, RetryQueuePort } from './ports.js';

export interface IdentitySyncOptions {
  hubs: Record<HubRole, RegistryHubPort>;
  /** As the service's events name them. */
  hubNames: Record<HubRole, string>;
  ledger: LedgerPort;
  queue: RetryQueuePort;
  direction: DirectionPort;
  /** Absent: reported properties are not copied. */
  reported?: ReportedWriter;
  clock: Clock;
  logger: Logger;
  /** How long a deleted device's copy stays disabled before it is deleted; 0 deletes at once. */
  graceInMs: number;
  /** How many copies may lose their access within an hour; 0: the greater of 20 and a twentieth of those that are known. */
  massChangeLimit: number;
}

/** Why an identity is looked at. Each allows what those before it allow. */
export type SyncCause =
  | 'hint' // something may have changed
  | 'deleteTold' // the source hub itself said that it was deleted
  | 'asked' // a person asked for this very identity: a copy that somebody else wrote since is brought up all the same
  | 'confirmed'; // and gives up a copy that the ledger does not know

export const isByPerson = (cause: SyncCause): boolean => cause === 'asked' || cause === 'confirmed';

/** One synchronisation of one identity and of what belongs to it. */
export interface SyncRun extends IdentitySyncOptions {
  cause: SyncCause;
  source: HubRole;
  target: HubRole;
  sourceHub: RegistryHubPort;
  targetHub: RegistryHubPort;
  /** Reported that could not be written, by keyText. They are told at the end, when all else is copied. */
  reportedStops: Map<string, { key: IdentityKey; outcome: SyncStop['outcome'] }>;
}

export const startRun = (options: IdentitySyncOptions, source: HubRole, cause: SyncCause): SyncRun => ({
  ...options,
  cause,
  source,
  target: otherRole(source),
  sourceHub: options.hubs[source],
  targetHub: options.hubs[otherRole(source)],
  reportedStops: new Map(),
});

/** Any write to the target goes through here: the direction is asked each time. */
export const writeToTarget = async <T>(run: SyncRun, write: () => Promise<T>): Promise<T> => {
  await assertMayWrite(run.direction, run.source);
  return on('target', write());
};

export const toMessage = (
  hubName: string,
  key: IdentityKey,
  attempt: number,
  cause: SyncCause = 'hint',
): RetryMessage => ({
  hubName,
  deviceId: key.deviceId,
  ...(key.moduleId !== undefined && { moduleId: key.moduleId }),
  attempt,
  ...(cause === 'deleteTold' && { deleteTold: true as const }),
});

/** The first message of a dirty mark. */
export const toMarkedMessage = (hubName: string, key: IdentityKey): RetryMessage => ({
  ...toMessage(hubName, key, 1),
  marked: true,
});

/** Has the identity looked at again by a message of its own. */
export const lookAgain = async (run: SyncRun, key: IdentityKey, at: Date): Promise<void> => {
  const delayInMs = followUpDelayInMs(run.clock.now(), at);
  await on('storage', run.queue.enqueue(toMessage(run.hubNames[run.source], key, 1, run.cause), delayInMs));
};
