import { LRUCache } from 'lru-cache';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Clock } from '../clock.js';
import type { BatchContext } from './effects.js';
import { createTurn, type PartitionState, type Turn, type TurnOptions } from './partition-turn.js';
import { advance, placeOf, sequenceOf, type Place } from './position.js';
import type { PositionPort, RawTwinEvent } from './ports.js';

export interface FenceOptions {
  positions: PositionPort;
  instanceId: string;
  leaseInMs: number;
  clock: Clock;
}

/** A batch as it stands to what was applied in its partition before, by this instance or another. */
export interface Entrance {
  /** What is left of the batch: `new` ones and those `before`. */
  readonly events: RawTwinEvent[];
  readonly placeOf: (event: RawTwinEvent) => Place;
  /** Another instance has had the partition since our last look: what is remembered of a held batch is out of date. */
  readonly isAnothers: boolean;
  readonly turn: Omit<Turn, 'end'> & { end(): ReturnType<Turn['end']> };
}

/** More than one process reads; one that is forgotten costs one reading of its row. */
const MAX_PARTITIONS = 256;

/**
 * Keeps what was reached in each partition and who works in it. The trigger's own checkpoint does neither: whoever writes it last
 * wins, also when it woke up after others have gone on (docs/decisions/0005).
 */
export function createPartitionFence({ positions, instanceId, leaseInMs, clock }: FenceOptions) {
  const states = new LRUCache<string, PartitionState>({ max: MAX_PARTITIONS });
  const queues = new LRUCache<string, LimitFunction>({ max: MAX_PARTITIONS });
  const options: TurnOptions = { positions, instanceId, leaseInMs, monotonicInMs: () => clock.monotonicInMs() };

  const stateOf = (name: string): PartitionState => {
    const state = states.get(name) ?? {
      row: undefined,
      isStale: true,
      renewedAtInMs: 0,
      watched: undefined,
      last: undefined,
    };
    states.set(name, state);
    return state;
  };

  return {
    /** The host may deliver to a new reader of a partition before what the old one began has ended. */
    inOrder<T>(context: BatchContext, work: () => Promise<T>): Promise<T> {
      const name = nameOf(context);
      const queue = queues.get(name) ?? pLimit(1);
      queues.set(name, queue);
      return queue(work);
    },
    /** Reads the row only where ours may be out of date. Rejects with storageUnavailable. */
    async enter(events: readonly RawTwinEvent[], context: BatchContext): Promise<Entrance> {
      const name = nameOf(context);
      const state = stateOf(name);
      const first = events[0] && sequenceOf(events[0]);
      const goesOn = first !== undefined && state.last !== undefined && first === state.last + 1n;
      if (!goesOn || state.isStale) {
        state.row = await positions.read(name);
        state.isStale = false;
      }
      const reached = state.row?.reached;
      const turn = createTurn(name, state, options);
      return {
        events: events.filter((event) => placeOf(event, reached) !== 'applied'),
        placeOf: (event) => placeOf(event, reached),
        isAnothers: state.row !== undefined && state.row.owner !== instanceId,
        turn: {
          ...turn,
          async end() {
            const hold = await turn.end(advance(state.row?.reached, events));
            const last = events.at(-1);
            if (!hold) state.last = last && sequenceOf(last);
            return hold;
          },
        },
      };
    },
  };
}

const nameOf = ({ namespace, eventHubName, consumerGroup, partitionId }: BatchContext): string =>
  [namespace ?? '', eventHubName, consumerGroup ?? '', partitionId].join('/');
