import { AppError } from '../../../../src/errors.js';
import type { RelayMessage, RelayParkPort, RelayTargetPort, TargetBatch } from '../../../../src/relay/ports.js';

interface FakeBatch extends TargetBatch {
  partitionId: string;
  messages: RelayMessage[];
}

export interface FakeTarget extends RelayTargetPort {
  /** What was acknowledged, by partition: relay-sequence-number. */
  readonly taken: Record<string, string[]>;
  readonly sends: number[];
  /** Thrown by the next calls, one each. */
  readonly failures: AppError[];
  /** Sequence numbers that it will never take. */
  readonly refuses: Set<string>;
}

export const away = (): AppError => new AppError('targetUnavailable', 'away', { retryable: true });

const sequenceOf = (message: RelayMessage): string => String(message.applicationProperties['relay-sequence-number']);

/** An Event Hub in memory: batches hold `capacity` bytes of body. */
export function aTarget({ partitions = 4, capacity = 100 } = {}): FakeTarget {
  const taken: Record<string, string[]> = {};
  const sends: number[] = [];
  const failures: AppError[] = [];
  const refuses = new Set<string>();
  const meet = (): void => {
    const failure = failures.shift();
    if (failure) throw failure;
  };
  return {
    taken,
    sends,
    failures,
    refuses,
    partitionIds: async () => Array.from({ length: partitions }, (_, index) => String(index)),
    openBatch: async (partitionId) => {
      meet();
      const messages: RelayMessage[] = [];
      let size = 0;
      const batch: FakeBatch = {
        partitionId,
        messages,
        tryAdd: (message) => {
          const more = (message.body as Buffer).length;
          if (size + more > capacity) return false;
          size += more;
          messages.push(message);
          return true;
        },
      };
      return batch;
    },
    send: async (batch) => {
      meet();
      const { partitionId, messages } = batch as FakeBatch;
      sends.push(messages.length);
      if (messages.some((message) => refuses.has(sequenceOf(message))))
        throw new AppError('targetRefused', 'no', { retryable: false });
      (taken[partitionId] ??= []).push(...messages.map(sequenceOf));
    },
    close: async () => undefined,
  };
}

export interface FakePark extends RelayParkPort {
  readonly items: Parameters<RelayParkPort['park']>[0][];
}

export function aPark(): FakePark {
  const items: FakePark['items'] = [];
  return { items, park: async (item) => void items.push(item) };
}
