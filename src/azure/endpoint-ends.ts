import { EventHubConsumerClient, type PartitionProperties } from '@azure/event-hubs';
import { mendLinkAddress } from '../consumer/mend-amqp.js';
import type { EventHubEndpoint } from '../consumers-document.js';
import { AppError } from '../errors.js';
import type { EndsPort, PartitionEnd } from '../failover/ports.js';
import { withinDeadline } from './deadline.js';
import { bareCause } from './error-fields.js';

export interface EndpointEndsOptions {
  /** A policy of the hub with the right ServiceConnect; a failover does not change the key. */
  key: { name: string; key: string };
}

/** One attempt: the watch and reporters ask again by themselves. */
const retryOptions = { maxRetries: 0, retryDelayInMs: 200 };

const endOf = ({ partitionId, lastEnqueuedSequenceNumber: last, ...more }: PartitionProperties): PartitionEnd => ({
  partitionId,
  last,
  // Of a partition that never had an event Event Hubs tells no time worth the name.
  ...(last < 0 ? {} : { lastAt: more.lastEnqueuedOnUtc.toISOString() }),
  isEmpty: more.isEmpty,
});

function open({ hostName, eventHubName }: EventHubEndpoint, { key }: EndpointEndsOptions, timeoutInMs: number) {
  mendLinkAddress();
  const connectionString = `Endpoint=sb://${hostName}/;SharedAccessKeyName=${key.name};SharedAccessKey=${key.key};EntityPath=${eventHubName}`;
  try {
    return new EventHubConsumerClient('$Default', connectionString, {
      retryOptions: { ...retryOptions, timeoutInMs },
    });
  } catch {
    // Without a cause: the SDK quotes the whole connection string, its key too.
    throw new AppError('endsUnavailable', 'ends: no connection string of Event Hubs', { retryable: false });
  }
}

/**
 * Asks an endpoint for the properties of its partitions. A connection of its own each time, as a reader that begins now would make it. No abort
 * signal goes to the SDK: src/consumer/endpoint-look.ts says why.
 */
export const createEndpointEnds = (options: EndpointEndsOptions): EndsPort => ({
  async look(endpoint, { partitionIds, timeoutInMs }) {
    const client = open(endpoint, options, timeoutInMs);
    const late = () => new AppError('endsTimeout', `ends: no answer in ${timeoutInMs} ms`, { retryable: true });
    const ask = async (): Promise<PartitionEnd[]> => {
      const ids = partitionIds ?? (await client.getPartitionIds());
      return (await Promise.all(ids.map((id) => client.getPartitionProperties(id)))).map(endOf);
    };
    try {
      return await withinDeadline(timeoutInMs, late, () =>
        ask().catch((error: unknown) => {
          throw new AppError('endsUnavailable', 'ends: the endpoint does not tell', {
            retryable: true,
            cause: bareCause(error),
          });
        }),
      );
    } finally {
      // What the SDK says of a connection that was given up belongs to nobody.
      client.close().catch(() => undefined);
    }
  },
});
