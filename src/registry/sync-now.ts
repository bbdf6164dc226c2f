import { AppError, isAppError } from '../errors.js';
import { otherRole, type HubRole, type IdentityKey } from '../hub-model.js';
import { putBack, type PutBackOptions } from './put-back.js';
import type { RegistryHubPort } from './ports.js';
import type { SyncIdentity } from './sync-identity.js';
import { createSharedRuns } from './shared-runs.js';
import type { NothingReason, NotNowReason, SyncAction } from './sync-outcome.js';

/** What became of one identity that a person asked for. */
type SyncNowOutcome =
  | { kind: 'done'; did: SyncAction }
  | { kind: 'nothing'; reason: NothingReason }
  | { kind: 'queued'; reason: NotNowReason | 'refused' };

export interface SyncNowResult {
  source: HubRole;
  device: SyncNowOutcome;
  /** In the order of their ids; empty while the device itself waits. */
  modules: { moduleId: string; outcome: SyncNowOutcome }[];
}

export interface SyncNowOptions extends PutBackOptions {
  hubs: Record<HubRole, Pick<RegistryHubPort, 'listModules'>>;
  /** The hub that is copied from now; `undefined`: nobody can tell. */
  activeHub: () => Promise<HubRole | undefined>;
  syncIdentity: SyncIdentity;
}

export type SyncNow = (deviceId: string) => Promise<SyncNowResult>;

/** How long a caller waits; a proxy before the app gives up after 230 s (Azure Functions, "HTTP trigger", limits). */
const ANSWER_WITHIN_IN_MS = 20_000;

/**
 * Brings one device and its modules on the standby up to the active hub's state now, events or no events. What can't be done now
 * is queued. Callers of one device share runs: however many they are, at most two are made for them. A run that takes long is queued, and
 * goes on meanwhile. Rejects with `held` when it can't be queued, or its hub or modules can't be told.
 */
export const createSyncNow = (options: SyncNowOptions): SyncNow => {
  const share = createSharedRuns();
  const shareQueued = createSharedRuns();
  return async (deviceId) => {
    const source = await options.activeHub();
    if (source === undefined) throw cannotTell('which hub is active');
    const key = `${source} ${deviceId}`;
    const run = share(key, () => runNow(options, source, deviceId));
    const done = new AbortController();
    const late = options.clock.sleep(ANSWER_WITHIN_IN_MS, { abortSignal: done.signal }).then(
      () => 'late' as const,
      () => 'late' as const,
    );
    try {
      const first = await Promise.race([run, late]);
      if (first !== 'late') return first;
    } finally {
      done.abort();
    }
    // Whoever waited for it has its own outcome; a defect is in the log of the call that began it.
    run.catch(() => undefined);
    await shareQueued(key, () => putBack(options, source, { deviceId }, 1, tooSlow));
    return { source, device: { kind: 'queued', reason: tooSlow.reason }, modules: [] };
  };
};

const tooSlow = { kind: 'notNow', reason: 'slow', side: 'source' } as const;

const runNow = async (options: SyncNowOptions, source: HubRole, deviceId: string): Promise<SyncNowResult> => {
  const device = await settle(options, source, { deviceId });
  const keys = await modulesOf(options, source, deviceId);
  // Those that only the standby has: their deletion was missed.
  if (device.kind !== 'queued') keys.push(...(await modulesOf(options, otherRole(source), deviceId)));
  const modules: SyncNowResult['modules'] = [];
  const moduleIds = new Set(keys.flatMap(({ moduleId }) => moduleId ?? []));
  for (const moduleId of [...moduleIds].toSorted()) {
    modules.push({ moduleId, outcome: await settle(options, source, { deviceId, moduleId }) });
  }
  return { source, device, modules };
};

const settle = async (options: SyncNowOptions, source: HubRole, key: IdentityKey): Promise<SyncNowOutcome> => {
  const outcome = await options.syncIdentity(source, key, 'asked');
  if (outcome.kind === 'done' || outcome.kind === 'nothing') return outcome;
  await putBack(options, source, key, 1, outcome);
  return { kind: 'queued', reason: outcome.kind === 'refused' ? 'refused' : outcome.reason };
};

const modulesOf = async ({ hubs }: SyncNowOptions, hub: HubRole, deviceId: string): Promise<IdentityKey[]> => {
  try {
    return (await hubs[hub].listModules(deviceId)).map(({ key }) => key);
  } catch (error) {
    if (isAppError(error, 'deviceNotFound', 'deviceDisabled', 'tierNotSupported')) return [];
    if (!isAppError(error)) throw error;
    throw cannotTell('which modules the device has', error);
  }
};

const cannotTell = (what: string, cause?: AppError) =>
  new AppError('held', `Nobody can tell now ${what}.`, { retryable: true, cause });
