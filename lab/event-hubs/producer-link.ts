import rhea, { type Delivery, type EventContext, type Receiver } from 'rhea';
import { AmqpRefusal, asRefusal, noSuchPartition } from './amqp-error.js';
import { splitSections } from './amqp-sections.js';
import { grantCredit, type ConnectionScope } from './connection-scope.js';
import { pathOf, type EntityAddress } from './entity-address.js';
import type { EventHub } from './event-hub.js';
import { batchFormat, messagesInBatch, partitionKeyOf, prepareProduced } from './message-codec.js';
import type { PartitionLog } from './partition-log.js';
import { unauthorized } from './sas-token.js';

type TargetAddress = Extract<EntityAddress, { kind: 'target' }>;

/** "Azure Event Hubs quotas": size of an event or a batch. */
export const maximumMessageBytes = 1024 * 1024;

const fixedPartition = (hub: EventHub, partitionId: string | undefined): PartitionLog | undefined => {
  if (partitionId === undefined) return undefined;
  const partition = hub.partition(partitionId);
  if (partition === undefined) throw noSuchPartition(hub.name, partitionId);
  return partition;
};

/** Appends a message or all messages of a batch to one partition; nothing is stored unless all of it is well-formed. */
const store = (encoded: Buffer, format: number, hub: EventHub, fixed: PartitionLog | undefined): void => {
  if (encoded.length > maximumMessageBytes) {
    throw new AmqpRefusal(
      'amqp:link:message-size-exceeded',
      `The message has more than ${maximumMessageBytes} bytes.`,
      413,
    );
  }
  const key = partitionKeyOf(splitSections(encoded));
  const prepared = (format === batchFormat ? messagesInBatch(encoded) : [encoded]).map((one) =>
    prepareProduced(one, key),
  );
  const partition = fixed ?? (key === undefined ? hub.nextPartition() : hub.partitionForKey(key));
  for (const encode of prepared) partition.append(encode);
};

/** rhea decodes messages of format 0 itself and hands on the bytes of any other. */
const bytesOf = (message: unknown): Buffer => (Buffer.isBuffer(message) ? message : rhea.message.encode(message));

const reject = (delivery: Delivery, error: unknown): void => {
  const refusal =
    error instanceof RangeError ? new AmqpRefusal('amqp:decode-error', error.message, 400) : asRefusal(error);
  delivery.reject({ condition: refusal.condition, description: refusal.message });
};

/** Serves a link that sends to an event hub or one of its partitions. Messages are stored in the order they came in. */
export const openProducerLink = (receiver: Receiver, address: TargetAddress, scope: ConnectionScope): void => {
  const open = async (): Promise<((encoded: Buffer, format: number) => void) | undefined> => {
    try {
      await scope.admit();
      scope.authorize(pathOf(receiver.target.address));
      if (scope.listenOnly === true) {
        throw unauthorized("Unauthorized access. 'Send' claim(s) are required to perform this operation.");
      }
      const hub = scope.store.eventHub(address.eventHub);
      const fixed = fixedPartition(hub, address.partitionId);
      grantCredit(receiver);
      return (encoded, format) => store(encoded, format, hub, fixed);
    } catch (error) {
      const { condition, message } = asRefusal(error);
      receiver.close({ condition, description: message });
      return undefined;
    }
  };

  const opened = open();
  let turn: Promise<unknown> = opened;
  const take = async ({ message, delivery }: EventContext): Promise<void> => {
    const append = await opened;
    // A refused link's messages go with the link.
    if (append === undefined || delivery === undefined) return;
    try {
      await scope.admit();
      append(bytesOf(message), delivery.format);
      delivery.accept();
    } catch (error) {
      reject(delivery, error);
    }
  };
  receiver.on('message', (context: EventContext) => {
    turn = turn.then(() => take(context));
  });
};
