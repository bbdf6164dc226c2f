import { AmqpRefusal } from './amqp-error.js';

/** A reader of one partition in one consumer group; `epoch` is the owner level (link property `com.microsoft:epoch`). */
export interface ReaderClaim {
  epoch?: number;
}

/** "Azure Event Hubs quotas": non-epoch receivers per consumer group and partition. */
const maximumReaders = 5;

const refuse = (condition: string, description: string): { refusal: AmqpRefusal } => ({
  refusal: new AmqpRefusal(condition, description, 409),
});

/**
 * Who must go when a new reader comes, or why it is refused. A higher or equal epoch wins (load balancing steals with equal
 * ones); a reader without epoch never stands beside one with.
 */
export const admitReader = <Reader extends ReaderClaim>(
  present: readonly Reader[],
  newcomer: ReaderClaim,
): { evict: Reader[] } | { refusal: AmqpRefusal } => {
  const highest = Math.max(...present.map((reader) => reader.epoch ?? -1), -1);
  if (newcomer.epoch === undefined) {
    if (highest >= 0) {
      return refuse(
        'amqp:link:stolen',
        `New receiver without epoch refused: a receiver with epoch ${highest} is connected.`,
      );
    }
    if (present.length >= maximumReaders) {
      return refuse(
        'amqp:resource-limit-exceeded',
        `Exceeded the maximum number of ${maximumReaders} receivers per partition.`,
      );
    }
    return { evict: [] };
  }
  if (highest > newcomer.epoch) {
    return refuse(
      'amqp:link:stolen',
      `Receiver with epoch ${newcomer.epoch} refused: one with epoch ${highest} is connected.`,
    );
  }
  return { evict: [...present] };
};

export const stolen = (newcomer: ReaderClaim): AmqpRefusal =>
  new AmqpRefusal('amqp:link:stolen', `New receiver with epoch ${newcomer.epoch ?? 'none'} took the partition.`, 409);
