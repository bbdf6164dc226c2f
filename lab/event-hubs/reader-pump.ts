import type { Sender } from 'rhea';
import { encodeRuntimeMetric } from './message-codec.js';
import type { PartitionLog } from './partition-log.js';

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

  const pump = (): void => {
    let credit = link.credit - (handedOver - link.delivery_count);
    // Events that retention removed while the reader was away are gone for it.
    cursor = Math.max(cursor, log.firstSequenceNumber);
    while (credit > 0 && sender.sendable()) {
      const event = log.at(cursor);
      if (event === undefined) return;
      const encoded = runtimeMetric ? Buffer.concat([encodeRuntimeMetric(log, now()), event.encoded]) : event.encoded;
      sender.send(encoded, undefined, 0);
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
