import { EventHubConsumerClient, type PartitionProperties } from '@azure/event-hubs';
import type { Lab } from '../../../lab/contracts.js';
import type { EventHubEndpoint } from '../../../src/consumers-document.js';

/** What each partition of a built-in endpoint holds, as a consumer asks for that. */
export async function trueEnds(
  events: string,
  { hostName, eventHubName }: EventHubEndpoint,
): Promise<PartitionProperties[]> {
  const [, policy = ''] = /(SharedAccessKeyName=.+?);EntityPath/.exec(events) ?? [];
  const client = new EventHubConsumerClient(
    '$Default',
    `Endpoint=sb://${hostName}/;${policy};EntityPath=${eventHubName}`,
    { retryOptions: { maxRetries: 0, timeoutInMs: 5000 } },
  );
  try {
    const ids = await client.getPartitionIds();
    return await Promise.all(ids.map((id) => client.getPartitionProperties(id)));
  } finally {
    await client.close();
  }
}

/** Messages of devices that the primary hub accepts: at least one for each partition, whatever their ids are made of. */
export function sendTelemetry(lab: Lab, perDevice = 1): void {
  const hub = lab.hub('primary');
  const there = hub.listDevices().filter(({ deviceId }) => deviceId.startsWith('sender'));
  const keys = there.length > 0 ? there : lab.addDevices({ hub: 'primary', count: 16, prefix: 'sender' });
  for (const { deviceId } of keys)
    for (let n = 0; n < perDevice; n += 1) hub.acceptTelemetry({ deviceId }, Buffer.from('{}'), {}, {});
}

/** The positions of a consumer that has handled all of it. */
export const positionsAt = (ends: readonly PartitionProperties[], lag = 0) =>
  ends.map(({ partitionId, lastEnqueuedSequenceNumber, lastEnqueuedOnUtc }) => ({
    partitionId,
    sequenceNumber: lastEnqueuedSequenceNumber,
    enqueuedAt: lastEnqueuedOnUtc.toISOString(),
    lag,
  }));
