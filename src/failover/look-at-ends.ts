import type { Clock } from '../clock.js';
import { codeOf } from '../errors.js';
import { defectFields, type Logger } from '../log-events.js';
import { changeState } from './change-state.js';
import { isLeftAlone, noteEnds } from './partition-ends.js';
import type { EndsPort, PartitionEnd, WatchStorePort } from './ports.js';
import { endpointText, type WatchState } from './watch-state.js';

export interface LookAtEndsOptions {
  hub: string;
  ends: EndsPort;
  store: WatchStorePort;
  clock: Clock;
  logger: Logger;
  timeoutInMs: number;
}

interface Seen {
  number: number;
  place: string;
  ends: readonly PartitionEnd[] | undefined;
}

/**
 * Reads the ends of each generation that is read to its end, and stores them. An endpoint that does not answer is nothing to report: the old one goes
 * with each failover. Rejects as the store does.
 */
export async function lookAtEnds(options: LookAtEndsOptions, state: WatchState): Promise<void> {
  const { hub, ends, store, clock, logger, timeoutInMs } = options;
  const begunAt = clock.now();
  const due = state.generations.filter((one) => one.state === 'draining' && !isLeftAlone(one, begunAt));
  const look = async ({ number, endpoint }: (typeof due)[number]): Promise<Seen> => {
    const place = endpointText(endpoint);
    try {
      return { number, place, ends: await ends.look(endpoint, { timeoutInMs }) };
    } catch (error) {
      if (codeOf(error) === 'defect') logger.event('error', 'defect', defectFields(error));
      return { number, place, ends: undefined };
    }
  };
  const seen = await Promise.all(due.map(look));
  const at = clock.now();
  await changeState(store, hub, (stored) => {
    if (stored === undefined || seen.length === 0) return undefined;
    const generations = stored.generations.map((generation) => {
      const one = seen.find(
        ({ number, place }) => number === generation.number && place === endpointText(generation.endpoint),
      );
      return one === undefined ? generation : noteEnds(generation, one.ends, at, timeoutInMs);
    });
    return { ...stored, generations };
  });
}
