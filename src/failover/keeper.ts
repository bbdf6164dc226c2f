import type { Clock } from '../clock.js';
import { codeOf } from '../errors.js';
import type { Logger } from '../log-events.js';
import type { UpkeepInput, WatchEnginePort, WatchStorePort } from './ports.js';
import type { RoundOutcome } from './round.js';

export interface KeeperOptions {
  hubs: readonly string[];
  store: WatchStorePort;
  clock: Clock;
  logger: Logger;
  /** A watch that has not looked for so long is taken to be stuck: a killed activity comes back after minutes only. */
  staleAfterInMs: number;
  /** One round here and now. */
  runRound(hub: string): Promise<Pick<RoundOutcome, 'actions'>>;
  /** What a round asked for, here and now: who would start it beside the watch may be stuck as well. */
  runUpkeep(what: UpkeepInput): Promise<void>;
}

async function keepOne(options: KeeperOptions, engine: WatchEnginePort, hub: string): Promise<void> {
  const { store, clock, logger, staleAfterInMs } = options;
  let trouble: unknown;
  try {
    if (!(await engine.isRunning(hub))) {
      await engine.start(hub);
      logger.event('info', 'failover.watchStarted', { hub });
      return;
    }
  } catch (error) {
    trouble = error;
    logger.event('warn', 'failover.engineAway', { hub, code: codeOf(error) });
  }
  const stored = await store.read(hub);
  const ageInMs = stored ? clock.now().getTime() - Date.parse(stored.state.lookedAt) : Number.POSITIVE_INFINITY;
  if (ageInMs < staleAfterInMs || (trouble === undefined && stored === undefined)) return;
  logger.event('warn', 'failover.watchStale', { hub, ...(stored ? { ageInMs } : {}) });
  const { actions } = await options.runRound(hub);
  for (const { generation, keys } of actions) await options.runUpkeep({ hub, generation, keys });
}

/**
 * Starts the watches that do not run, and looks itself at hubs that no watch has looked at for a while, be it that the engine is away or that
 * an activity is lost: rounds of several do no harm. One hub's trouble does not keep the others.
 */
export async function keepWatches(options: KeeperOptions, engine: WatchEnginePort): Promise<void> {
  await Promise.all(
    options.hubs.map(async (hub) => {
      try {
        await keepOne(options, engine, hub);
      } catch (error) {
        options.logger.event('warn', 'failover.watchTrouble', { hub, code: codeOf(error) });
      }
    }),
  );
}
