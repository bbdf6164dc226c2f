import type { Clock } from '../clock.js';
import type { EventHubEndpoint } from '../consumers-document.js';
import type { EndsPort, PartitionEnd } from './ports.js';
import { endpointText } from './watch-state.js';

export interface FreshEndsOptions {
  ends: EndsPort;
  clock: Clock;
  timeoutInMs: number;
  /** Between two looks at one endpoint: Event Hubs answers some 50 questions a second and namespace, to everybody together. */
  gapInMs: number;
}

/**
 * A look that begins after it was asked for. Those who ask for one endpoint meanwhile share it. `partitionIds` undefined: all of them. Rejects as
 * EndsPort does.
 */
export type FreshEnds = (
  endpoint: EventHubEndpoint,
  partitionIds: readonly string[] | undefined,
) => Promise<readonly PartitionEnd[]>;

interface NextLook {
  wanted: Set<string> | 'all';
  seen: Promise<readonly PartitionEnd[]>;
}

export function createFreshEnds({ ends, clock, timeoutInMs, gapInMs }: FreshEndsOptions): FreshEnds {
  const next = new Map<string, NextLook>();
  const beganAt = new Map<string, number>();

  const begin = (endpoint: EventHubEndpoint): NextLook => {
    const place = endpointText(endpoint);
    const look = async (): Promise<readonly PartitionEnd[]> => {
      const sinceInMs = clock.now().getTime() - (beganAt.get(place) ?? Number.NEGATIVE_INFINITY);
      await clock.sleep(Math.max(0, Math.min(gapInMs, gapInMs - sinceInMs)));
      next.delete(place);
      beganAt.set(place, clock.now().getTime());
      const { wanted } = made;
      return ends.look(endpoint, { timeoutInMs, ...(wanted === 'all' ? {} : { partitionIds: [...wanted] }) });
    };
    const made: NextLook = { wanted: new Set(), seen: Promise.resolve([]) };
    next.set(place, made);
    made.seen = look();
    return made;
  };

  return (endpoint, partitionIds) => {
    const look = next.get(endpointText(endpoint)) ?? begin(endpoint);
    if (partitionIds === undefined) look.wanted = 'all';
    else if (look.wanted !== 'all') for (const id of partitionIds) look.wanted.add(id);
    return look.seen;
  };
}
