import { AppError } from './errors.js';
import type { HubRole } from './hub-model.js';
import { checkConnections } from './settings/check-connections.js';
import { checkNames } from './settings/check-names.js';
import { present } from './settings/environment.js';
import { readFailover, type FailoverSettings } from './settings/failover.js';
import type { Feature } from './settings/features.js';
import { readHubs, type HubSettings } from './settings/hubs.js';
import { readPacing, type PacingSettings } from './settings/pacing.js';
import { readValues } from './settings/read-values.js';
import { readRelay, type RelaySettings } from './settings/relay.js';
import { readStorages, type StorageSettings } from './settings/storage.js';
import { readTwinEvents, type TwinEventsSettings } from './settings/twin-events.js';

export type { Connection } from './settings/connection.js';
export type { PacingSettings } from './settings/pacing.js';
export type { StorageSettings } from './settings/storage.js';

export interface Settings {
  /** What this deployment runs. Health is always there. */
  features: ReadonlySet<Feature>;
  hubs: Record<HubRole, HubSettings>;
  /** Only those that are set are registered. */
  twinEvents: Partial<Record<HubRole, TwinEventsSettings>>;
  twinConsumerGroup: string;
  stateStorage: StorageSettings;
  stateStorageSecond: StorageSettings | undefined;
  /** Set only where the second one is. */
  stateStorageWitness: StorageSettings | undefined;
  reportedStrategy: 'off' | 'device';
  twinConcurrency: number;
  hubCallTimeoutInMs: number;
  routeTtlInSeconds: number;
  stateRefreshInMs: number;
  stateMaxAgeInMs: number;
  holdLimitInMs: number;
  deleteGraceInMs: number;
  pacing: PacingSettings;
  /** Dirty ids repaired in a minute, by this instance. */
  repairPerMinute: number;
  /** 0: by what is known. */
  massChangeLimit: number;
  repairOverdueInMs: number;
  /** Opens the details of health. Unset: nobody sees them. */
  operatorKey: string | undefined;
  failover: FailoverSettings;
  /** Unset when no target is set. */
  relay: RelaySettings | undefined;
}

/**
 * The only reader of settings. Throws one AppError `invalidSettings` that names every bad setting; values are never in it.
 */
export function loadSettings(source: Readonly<Record<string, string | undefined>>): Settings {
  const env = present(source);
  const problems: string[] = [];
  const set = readValues(env, problems);
  checkNames(source, problems);
  checkConnections(env, set, problems);
  const hubs = readHubs(env, problems);
  const storage = readStorages(env, problems);
  const failover = readFailover(set, hubs, problems);
  const pacing = readPacing(set, problems);
  const relay = readRelay(env, set, problems);
  if (set.STATE_MAX_AGE_MS <= set.STATE_REFRESH_MS)
    problems.push('STATE_MAX_AGE_MS: must be greater than STATE_REFRESH_MS');

  const { primary, secondary } = hubs;
  if (!primary || !secondary || !storage.first || problems.length > 0)
    throw new AppError('invalidSettings', `Settings are missing or wrong. ${problems.join('. ')}.`, {
      retryable: false,
    });
  return {
    features: set.FEATURES,
    hubs: { primary, secondary },
    twinEvents: readTwinEvents(env, { primary: set.PRIMARY_TWIN_EVENT_HUB, secondary: set.SECONDARY_TWIN_EVENT_HUB }),
    twinConsumerGroup: set.TWIN_CONSUMER_GROUP,
    stateStorage: storage.first,
    stateStorageSecond: storage.second,
    stateStorageWitness: storage.witness,
    reportedStrategy: set.REPORTED_STRATEGY,
    twinConcurrency: set.TWIN_CONCURRENCY,
    hubCallTimeoutInMs: set.HUB_CALL_TIMEOUT_MS,
    routeTtlInSeconds: set.ROUTE_TTL_SECONDS,
    stateRefreshInMs: set.STATE_REFRESH_MS,
    stateMaxAgeInMs: set.STATE_MAX_AGE_MS,
    holdLimitInMs: set.HOLD_LIMIT_SECONDS * 1000,
    deleteGraceInMs: set.DELETE_GRACE_SECONDS * 1000,
    pacing,
    repairPerMinute: set.REPAIR_PER_MINUTE,
    massChangeLimit: set.MASS_CHANGE_LIMIT,
    repairOverdueInMs: set.REPAIR_OVERDUE_SECONDS * 1000,
    operatorKey: set.OPERATOR_KEY,
    failover,
    relay,
  };
}
