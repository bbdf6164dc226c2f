import { codeOf } from '../errors.js';
import type { Clock } from '../clock.js';
import type { Logger } from '../log-events.js';
import { changeState } from './change-state.js';
import { newest } from './generations.js';
import type { HubArmPort, UpkeepInput, WatchStorePort } from './ports.js';
import type { WatchState } from './watch-state.js';

const EVERY_IN_MS = 24 * 3_600_000;

export interface UpkeepOptions {
  hub: string;
  arm: HubArmPort;
  store: WatchStorePort;
  clock: Clock;
  logger: Logger;
  /** Without `$Default`, which always is. */
  consumerGroups: readonly string[];
  /** The configured key of the built-in endpoint, if there is one. */
  key: { name: string; key: string } | undefined;
  /** For each call. */
  timeoutInMs: number;
}

/** `undefined`: not known now. */
async function tryOr<T>({ hub, logger }: UpkeepOptions, what: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    logger.event('warn', 'failover.upkeepFailed', { hub, what, code: codeOf(error) });
    return undefined;
  }
}

/** Makes the missing groups, each by itself: one that is refused does not keep the others. Those that are there are not touched. */
async function makeGroups(options: UpkeepOptions): Promise<string[] | undefined> {
  const { arm, consumerGroups, timeoutInMs, logger, hub } = options;
  if (consumerGroups.length === 0) return [];
  const there = await tryOr(options, 'listConsumerGroups', () => arm.listConsumerGroups({ timeoutInMs }));
  if (there === undefined) return undefined;
  const lower = new Set(there.map((name) => name.toLowerCase()));
  const missing = consumerGroups.filter((name) => !lower.has(name.toLowerCase()));
  const made = await Promise.all(
    missing.map(async (name) => {
      const done = await tryOr(options, 'createConsumerGroup', async () => {
        await arm.createConsumerGroup(name, { timeoutInMs });
        return true;
      });
      if (done) logger.event('info', 'failover.groupCreated', { hub, group: name });
      return done ? [] : [name];
    }),
  );
  return made.flat();
}

async function checkKey(options: UpkeepOptions): Promise<WatchState['keyState'] | undefined> {
  const { arm, key, timeoutInMs, logger, hub } = options;
  if (key === undefined) return 'unknown';
  const verdict = await tryOr(options, 'listKeys', () => arm.checkKey(key, { timeoutInMs }));
  if (verdict === 'stale') logger.event('error', 'failover.keyStale', { hub, policy: key.name });
  return verdict;
}

/**
 * What no failover may wait for, done beside the watch: consumer groups of the newest generation, and (`keys`) whether the configured key is
 * still the hub's. Never rejects for what ARM does not answer: the watch asks again until all is known, then daily. Rejects with
 * storageUnavailable.
 */
export async function runUpkeep(options: UpkeepOptions, { generation, keys }: Omit<UpkeepInput, 'hub'>): Promise<void> {
  const { hub, store, clock } = options;
  const startedAt = clock.now();
  const [lacks, keyState] = await Promise.all([makeGroups(options), keys ? checkKey(options) : undefined]);
  const at = clock.now();
  const isDone = lacks?.length === 0 && (!keys || keyState !== undefined);
  await changeState(store, hub, (state) => {
    if (state === undefined) return undefined;
    const { upkeep } = state;
    // A stage entered meanwhile has asked for it anew.
    const isCurrent = newest(state).number === generation && Date.parse(state.since) <= startedAt.getTime();
    return {
      ...state,
      ...(keyState === undefined ? {} : { keyState }),
      upkeep: !isCurrent
        ? upkeep
        : {
            ...upkeep,
            ...(lacks === undefined ? {} : { lacks }),
            ...(isDone ? { doneAt: at.toISOString(), tryAt: new Date(at.getTime() + EVERY_IN_MS).toISOString() } : {}),
          },
    };
  });
}
