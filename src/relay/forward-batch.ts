import type { ReceivedEventData } from '@azure/event-hubs';
import type { Clock } from '../clock.js';
import { isAppError } from '../errors.js';
import type { Logger } from '../log-events.js';
import { holdUntilDone, type HoldOptions } from './hold.js';
import { mapMessage, type RelayOrigin } from './map-message.js';
import { parkMessage, type RelayParkCause } from './park-message.js';
import type { RelayParkPort, RelayTargetPort, TargetBatch } from './ports.js';
import type { RelayCounters } from './relay-counters.js';
import { targetPartitionOf } from './target-partition.js';

export interface ForwarderOptions {
  target: RelayTargetPort;
  park: RelayParkPort;
  counters: RelayCounters;
  clock: Clock;
  logger: Logger;
  random: () => number;
  deduplicationKey: boolean;
}

/**
 * Forwards events of one partition in their order; resolves when the target has acknowledged each or it is parked. While the target
 * is away it waits. Rejects with the signal's reason, and with what is a defect of ours. Calls for one partition must not overlap.
 */
export type ForwardBatch = (
  events: readonly ReceivedEventData[],
  origin: RelayOrigin,
  abortSignal: AbortSignal,
) => Promise<void>;

/** Sends of a batch that was refused as a whole are halved until the one is found that it was refused for. */
type Piece = readonly ReceivedEventData[];

export function createForwardBatch(options: ForwarderOptions): ForwardBatch {
  const { target, counters, clock, logger } = options;

  return async (events, origin, abortSignal) => {
    const name = `${origin.hub}/${origin.generation}/${origin.partitionId}`;
    const call = { abortSignal };
    const hold: HoldOptions = {
      clock,
      random: options.random,
      onHold: (held) => {
        counters.held(name, held && { reason: held.code, since: new Date(clock.now().getTime() - held.forMs) });
        if (held) logger.event('warn', 'relay.held', { partition: name, reason: held.code, attempts: held.attempts });
      },
    };
    const held = <T>(work: () => Promise<T>): Promise<T> => holdUntilDone(work, hold, abortSignal);

    const park = async (event: ReceivedEventData, cause: RelayParkCause): Promise<void> => {
      await held(() => parkMessage(options.park, event, origin, cause));
      counters.parked();
      logger.event('error', 'event.parked', {
        reason: 'refusedByTarget',
        cause,
        partition: name,
        sequenceNumber: event.sequenceNumber,
      });
    };

    const send = async (batch: TargetBatch, piece: Piece): Promise<void> => {
      try {
        await held(() => target.send(batch, call));
        counters.forwarded(piece.length);
      } catch (error) {
        if (!isAppError(error, 'targetRefused')) throw error;
        const [first] = piece;
        if (piece.length === 1 && first) return park(first, 'refused');
        const middle = Math.ceil(piece.length / 2);
        await forward(piece.slice(0, middle));
        await forward(piece.slice(middle));
      }
    };

    const to = targetPartitionOf(origin.partitionId, await held(() => target.partitionIds(call)));
    const open = (): Promise<TargetBatch> => held(() => target.openBatch(to, call));

    const forward = async (piece: Piece): Promise<void> => {
      let batch: TargetBatch | undefined;
      let pending: ReceivedEventData[] = [];
      const flush = async (): Promise<void> => {
        if (batch && pending.length > 0) await send(batch, pending);
        batch = undefined;
        pending = [];
      };
      for (const event of piece) {
        let added = add((batch ??= await open()), event);
        if (added === 'full' && pending.length > 0) {
          await flush();
          added = add((batch = await open()), event);
        }
        if (added === 'added') pending.push(event);
        else await park(event, added === 'full' ? 'tooLarge' : 'refused');
      }
      await flush();
    };

    const add = (batch: TargetBatch, event: ReceivedEventData): 'added' | 'full' | 'unfit' => {
      try {
        return batch.tryAdd(mapMessage(event, origin, options)) ? 'added' : 'full';
      } catch (error) {
        if (isAppError(error, 'targetRefused')) return 'unfit';
        throw error;
      }
    };

    await forward(events);
  };
}
