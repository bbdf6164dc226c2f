import type { Sender } from 'rhea';
import { encodeRuntimeMetric } from './message-codec.js';
import type { PartitionLog, StoredEvent } from './partition-log.js';

/** State of a sending link that rhea keeps but does not declare. */
interface LinkState {
  /** What the peer still allows, as of the transfers already written. */
  readonly credit: number;
  readonly delivery_count: number;
}

export interface PumpOptions {
  sender: Sender;
  log: PartitionLog;
  /** Sequence number of the first event to send. */
  from: number;
  runtimeMetric: boolean;
  now: () => number;
}

/**
 * Sends what the log holds and will hold, never more than the peer gave credit for. rhea takes the credit only when it writes,
 * one tick later, so what was handed to it since is counted here. Returns how to stop.
 */
export const startPump = ({ sender, log, from, runtimeMetric, now }: PumpOptions): (() => void) => {
  const link = sender as Sender & LinkState;
  let cursor = from;
  let handedOver = link.delivery_count;
  /** In the order sent, without those that the reader has taken. */
  let inFlight: StoredEvent[] = [];
  let taken = 0;
  let window: number | undefined;

  /**
   * A reader that has prefetched `window` events tops its credit up as it takes them: what it asks for beyond the window tells how many it has taken.
   * The rest may be lost with the connection, for all that we know (AMQP 1.0 part 2, 2.6.7: deliveries here are settled when they are sent).
   */
  const noteTaken = (): void => {
    const askedFor = link.credit + link.delivery_count;
    window ??= askedFor > 0 ? askedFor : undefined;
    const now = Math.min(askedFor - (window ?? 0), taken + inFlight.length);
    if (now <= taken) return;
    for (const event of inFlight.slice(0, now - taken)) event.wasRead = true;
    inFlight = inFlight.slice(now - taken);
    taken = now;
  };

  const pump = (): void => {
    noteTaken();
    let credit = link.credit - (handedOver - link.delivery_count);
    // Events that retention removed while the reader was away are gone for it.
    cursor = Math.max(cursor, log.firstSequenceNumber);
    while (credit > 0 && sender.sendable()) {
      const event = log.at(cursor);
      if (event === undefined) return;
      const encoded = runtimeMetric ? Buffer.concat([encodeRuntimeMetric(log, now()), event.encoded]) : event.encoded;
      sender.send(encoded, undefined, 0);
      inFlight.push(event);
      handedOver += 1;
      cursor += 1;
      credit -= 1;
    }
  };

  const unsubscribe = log.onAppend(pump);
  sender.on('sendable', pump);
  pump();
  return () => {
    unsubscribe();
    sender.removeListener('sendable', pump);
  };
};
