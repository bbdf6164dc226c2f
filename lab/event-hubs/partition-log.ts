import type { StartPosition } from './start-position.js';
import { argumentError } from './amqp-error.js';

/** Where an event lies in its partition. */
export interface EventPosition {
  sequenceNumber: number;
  /** The count of bytes before it: grows, but not by one. */
  offset: number;
  /** Milliseconds since 1970. */
  enqueuedAt: number;
}

export interface StoredEvent extends EventPosition {
  /** The whole AMQP message as it goes to every reader. */
  encoded: Buffer;
  /** At least one reader has taken it. */
  wasRead: boolean;
}

export interface PartitionLog {
  readonly partitionId: string;
  /** The oldest kept one; equals `nextSequenceNumber` when nothing is kept. */
  readonly firstSequenceNumber: number;
  readonly nextSequenceNumber: number;
  readonly last: EventPosition | undefined;
  readonly length: number;
  append(encode: (position: EventPosition) => Buffer): EventPosition;
  at(sequenceNumber: number): StoredEvent | undefined;
  /** Kept events that no reader has taken. */
  unread(): StoredEvent[];
  /** The sequence number to read next. Throws AmqpRefusal for a position beyond the end, as the service does. */
  locate(start: StartPosition): number;
  onAppend(listener: () => void): () => void;
}

/** Events kept per partition before the oldest go: the service retains by time, the laboratory by count. */
const defaultRetentionCount = 50_000;
const compactAfter = 1024;

export const createPartitionLog = (
  partitionId: string,
  { retentionCount = defaultRetentionCount, now = Date.now }: { retentionCount?: number; now?: () => number } = {},
): PartitionLog => {
  const listeners = new Set<() => void>();
  let events: StoredEvent[] = [];
  let head = 0;
  let next = 0;
  let bytes = 0;
  let last: EventPosition | undefined;

  const first = (): number => next - (events.length - head);
  const at = (sequenceNumber: number): StoredEvent | undefined =>
    sequenceNumber < first() ? undefined : events[head + sequenceNumber - first()];

  const trim = (): void => {
    if (events.length - head > retentionCount) head += 1;
    if (head < compactAfter || head * 2 < events.length) return;
    events = events.slice(head);
    head = 0;
  };

  /** Binary search: all three orders grow with the sequence number. */
  const firstWhere = (holds: (event: StoredEvent) => boolean): number => {
    let low = head;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = events[middle];
      if (event !== undefined && holds(event)) high = middle;
      else low = middle + 1;
    }
    return first() + low - head;
  };

  const refuseBeyond = (name: string, value: number, lastValue: number): void => {
    if (value <= lastValue) return;
    throw argumentError(
      `The supplied ${name} '${value}' is invalid. The last ${name} in the system is '${lastValue}'.`,
    );
  };

  const locate = (start: StartPosition): number => {
    if (start.by === 'earliest') return first();
    if (start.by === 'latest') return next;
    if (start.by === 'enqueuedTime') return firstWhere((event) => event.enqueuedAt > start.value);
    if (start.by === 'sequenceNumber') {
      refuseBeyond('sequence number', start.value, next - 1);
      return Math.max(first(), start.inclusive ? start.value : start.value + 1);
    }
    refuseBeyond('offset', start.value, last?.offset ?? -1);
    return firstWhere((event) => (start.inclusive ? event.offset >= start.value : event.offset > start.value));
  };

  return {
    partitionId,
    get firstSequenceNumber() {
      return first();
    },
    get nextSequenceNumber() {
      return next;
    },
    get last() {
      return last;
    },
    get length() {
      return events.length - head;
    },
    append: (encode) => {
      // A clock that is set back must not break the order by enqueued time.
      const position = { sequenceNumber: next, offset: bytes, enqueuedAt: Math.max(now(), last?.enqueuedAt ?? 0) };
      const encoded = encode(position);
      events.push({ ...position, encoded, wasRead: false });
      next += 1;
      bytes += encoded.length;
      last = position;
      trim();
      for (const listener of listeners) listener();
      return position;
    },
    at,
    unread: () => events.slice(head).filter(({ wasRead }) => !wasRead),
    locate,
    onAppend: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
