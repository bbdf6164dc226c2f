/**
 * How much telemetry passes a hub's built-in endpoint: 20,000 messages of 100 devices through 4 partitions to the SDK's consumer, hub and consumer in one
 * process. Run: npm run build && node dist/bench/built-in-endpoint.js
 */
import { writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { earliestEventPosition, EventHubConsumerClient } from '@azure/event-hubs';
import { startLab } from '../lab/start-lab.js';

const messages = 20_000;
const devices = 100;

await using lab = await startLab({
  eventHubsPort: 0,
  storage: { connectionString: 'UseDevelopmentStorage=true', close: () => Promise.resolve() },
});
lab.addDevices({ hub: 'primary', count: devices, prefix: 'dev' });
const core = lab.hub('primary');
const keys = core.listDevices(devices).map(({ deviceId }) => ({ deviceId }));
const { endpoint } = lab.failover('primary');
const policy = core.sharedAccessPolicies().find(({ name }) => name === 'service');
const client = new EventHubConsumerClient(
  '$Default',
  `Endpoint=sb://${endpoint.hostName}/;SharedAccessKeyName=service;SharedAccessKey=${policy?.primaryKey ?? ''}`,
  endpoint.eventHubName,
  { loadBalancingOptions: { strategy: 'greedy', updateIntervalInMs: 200 } },
);
let read = 0;
const all = Promise.withResolvers<void>();
const subscription = client.subscribe(
  {
    processEvents: (events) => {
      read += events.length;
      if (read >= messages) all.resolve();
      return Promise.resolve();
    },
    processError: async (error) => all.reject(error),
  },
  { startPosition: earliestEventPosition, maxBatchSize: 500, maxWaitTimeInSeconds: 1 },
);

const started = performance.now();
for (let sent = 0; sent < messages; sent += 1) {
  const key = keys[sent % devices] ?? { deviceId: '' };
  core.acceptTelemetry(
    key,
    Buffer.from(JSON.stringify({ ...key, sequence: sent })),
    { contentType: 'application/json' },
    {},
  );
  if (sent % 100 === 0) await setImmediate();
}
const acceptedInMs = performance.now() - started;
await all.promise;
const readInMs = performance.now() - started;
await subscription.close();
await client.close();

const perSecond = (inMs: number): number => Math.round(messages / (inMs / 1000));
const result = {
  node: process.version,
  messages,
  acceptedPerSecond: perSecond(acceptedInMs),
  readPerSecond: perSecond(readInMs),
};
console.log(result);
if (process.argv.includes('--store'))
  writeFileSync('bench/results/built-in-endpoint.json', `${JSON.stringify(result, null, 2)}\n`);
