/**
 * What forwarding costs, and what a partition in place of a partition key is worth. The same messages of 200 devices are read by the SDK alone, read and
 * forwarded by the relay, and read and forwarded with a batch per device. The first ratio is of processor time, which other work on the machine
 * hardly changes, with both brokers in this process; the second is of rates with a target that takes 5 ms for each send.
 * Run: npm run build && node dist/bench/relay.js
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import {
  EventHubConsumerClient,
  EventHubProducerClient,
  earliestEventPosition,
  type ReceivedEventData,
} from '@azure/event-hubs';
import { startNamespace } from '../lab/event-hubs/namespace.js';
import { createEventHubTarget } from '../src/azure/relay/event-hub-target.js';
import { systemClock } from '../src/azure/system-clock.js';
import { createForwardBatch } from '../src/relay/forward-batch.js';
import { mapMessage, type RelayOrigin } from '../src/relay/map-message.js';
import { createRelayCounters } from '../src/relay/relay-counters.js';

const messages = 20_000;
const devices = 200;
const partitions = 4;
const bodyBytes = 200;
const sendInMs = 5;
const never = new AbortController().signal;

const namespace = await startNamespace({ port: 0, faults: { before: () => Promise.resolve(undefined) } });
let targetInMs = 0;
const stable = await startNamespace({
  port: 0,
  faults: { before: () => (targetInMs > 0 ? setTimeout(targetInMs, undefined) : Promise.resolve(undefined)) },
});
const { connectionString } = namespace;
namespace.createEventHub('source', { partitions });
for (let n = 0; n < messages; n += 1) {
  const deviceId = `device-${n % devices}`;
  namespace.append('source', deviceId, {
    source: 'deviceMessages',
    deviceId,
    body: Buffer.from(JSON.stringify({ n }).padEnd(bodyBytes)),
    contentType: 'application/json',
    applicationProperties: { level: 'normal' },
    annotations: {
      'iothub-connection-device-id': deviceId,
      'iothub-enqueuedtime': 1_700_000_000_000 + n,
      'iothub-message-source': 'Telemetry',
    },
  });
}

type Handle = (events: ReceivedEventData[], origin: RelayOrigin) => Promise<void>;

interface Rate {
  perSecond: number;
  /** Of processor time. */
  perCpuSecond: number;
}

/** From the subscription to the last message handled. */
async function rate(handle: Handle): Promise<Rate> {
  const client = new EventHubConsumerClient('$Default', connectionString, 'source', {
    loadBalancingOptions: { strategy: 'greedy', updateIntervalInMs: 1000 },
  });
  const done = Promise.withResolvers<void>();
  let handled = 0;
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const subscription = client.subscribe(
    {
      processEvents: async (events, { partitionId }) => {
        await handle(events, { hub: 'bench', generation: 1, endpoint: 'bench', eventHubName: 'source', partitionId });
        handled += events.length;
        if (handled >= messages) done.resolve();
      },
      processError: async (error) => done.reject(error),
    },
    { startPosition: earliestEventPosition, maxBatchSize: 500, prefetchCount: 500, skipParsingBodyAsJson: true },
  );
  await done.promise;
  const { user, system } = process.cpuUsage(cpuBefore);
  const perSecond = (messages * 1000) / (performance.now() - startedAt);
  const perCpuSecond = (messages * 1_000_000) / (user + system);
  await subscription.close();
  await client.close();
  return { perSecond, perCpuSecond };
}

stable.createEventHub('target', { partitions });
const target = createEventHubTarget({
  connect: (options) => new EventHubProducerClient(stable.connectionString, 'target', options),
  onError: console.error,
});
const forward = createForwardBatch({
  target,
  park: { park: () => Promise.reject(new TypeError('nothing to park here')) },
  counters: createRelayCounters(),
  clock: systemClock,
  logger: { event: () => undefined },
  random: Math.random,
  deduplicationKey: false,
});
const relay: Handle = (events, origin) => forward(events, origin, never);

stable.createEventHub('by-key', { partitions });
const producer = new EventHubProducerClient(stable.connectionString, 'by-key');
const byKey: Handle = async (events, origin) => {
  const byDevice = Map.groupBy(events, (event) => String(event.systemProperties?.['iothub-connection-device-id']));
  for (const [partitionKey, own] of byDevice) {
    const batch = await producer.createBatch({ partitionKey });
    for (const event of own) batch.tryAdd(mapMessage(event, origin, { deduplicationKey: false }));
    await producer.sendBatch(batch);
  }
};

/** The best of several rounds: what else the machine does only ever makes one slower. */
const best = async (figure: keyof Rate, handle: Handle): Promise<number> => {
  let found = 0;
  for (let round = 0; round < 3; round += 1) found = Math.max(found, (await rate(handle))[figure]);
  return Math.round(found);
};

await rate(relay);
const plain = await best('perCpuSecond', () => Promise.resolve());
const relayed = await best('perCpuSecond', relay);
targetInMs = sendInMs;
const byPartition = await best('perSecond', relay);
const byDevice = await best('perSecond', byKey);
const result = {
  node: process.version,
  messages,
  devices,
  partitions,
  bodyBytes,
  sendInMs,
  consumedPerCpuSecond: plain,
  relayedPerCpuSecond: relayed,
  relayOverPlainConsume: Number((relayed / plain).toFixed(2)),
  relayedPerSecond: byPartition,
  batchPerDevicePerSecond: byDevice,
  partitionOverPartitionKey: Number((byPartition / byDevice).toFixed(1)),
};
console.log(result);
if (process.argv.includes('--store')) {
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/relay.json', `${JSON.stringify(result, null, 2)}\n`);
}
await producer.close();
await target.close();
await namespace.close();
await stable.close();
