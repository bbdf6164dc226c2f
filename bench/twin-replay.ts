/**
 * What concurrency and coalescing are worth: one batch of 1,000 changes of 100 devices replayed against a target whose every
 * call takes 5 ms. Ratios, not times: they hold on any machine. Run: npm run build && node dist/bench/twin-replay.js
 */
import { writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { createCounters } from '../src/health/counters.js';
import { systemClock } from '../src/azure/system-clock.js';
import type { RawTwinEvent } from '../src/twin/ports.js';
import { createTwinReplayer } from '../src/twin/replay-batch.js';

const devices = 100;
const changesPerDevice = 10;
const callInMs = 5;

const anEvent = (device: number, change: number, path: string): RawTwinEvent => {
  const deviceId = `device-${device}`;
  return {
    body: Buffer.from(JSON.stringify({ version: change + 3, tags: { [path]: change } })),
    properties: {
      hubName: 'source',
      deviceId,
      opType: 'updateTwin',
      operationTimestamp: new Date(1_700_000_000_000 + change).toISOString(),
    },
    systemProperties: { 'iothub-message-source': 'twinChangeEvents', 'iothub-connection-device-id': deviceId },
    sequenceNumber: String(change * devices + device),
    enqueuedAt: undefined,
  };
};

/** Replays the batch, or each event as a batch of its own, which leaves nothing to coalesce. */
async function run(concurrency: number, batched: boolean): Promise<{ elapsedInMs: number; calls: number }> {
  let calls = 0;
  let etag = 0;
  const refuse = () => Promise.reject(new TypeError('not part of this bench'));
  const replayer = createTwinReplayer({
    source: 'primary',
    sourceHubName: 'source',
    target: {
      async getTwin(key) {
        calls += 1;
        await setTimeout(callInMs);
        return { key, etag: `e${(etag += 1)}`, version: 1, tags: {}, desired: {}, reported: {} };
      },
      async patchTwin(key, patch) {
        calls += 1;
        await setTimeout(callInMs);
        return { key, etag: `e${(etag += 1)}`, version: 1, tags: patch.tags ?? {}, desired: {}, reported: {} };
      },
    },
    direction: { decide: () => Promise.resolve({ kind: 'apply' }) },
    replicate: {
      replicateIdentity: refuse,
      copyOf: () =>
        Promise.resolve({ generationId: 'g', begunAt: new Date(0), state: { version: 1, at: new Date(), etag: 'e0' } }),
      markDirty: refuse,
    },
    park: { park: refuse },
    positions: { read: () => Promise.resolve(undefined), write: (_partition, row) => Promise.resolve(row) },
    instanceId: 'bench',
    leaseInMs: 30_000,
    counters: createCounters(),
    clock: systemClock,
    logger: { event: () => undefined },
    concurrency,
    holdLimitInMs: 60_000,
  });
  const events = Array.from({ length: changesPerDevice }, (_, change) =>
    Array.from({ length: devices }, (_, device) => anEvent(device, change, `key${change % 3}`)),
  ).flat();
  const batches = batched
    ? [events]
    : Array.from({ length: changesPerDevice }, (_, i) => events.slice(i * devices, (i + 1) * devices));
  const startedAt = performance.now();
  for (const batch of batches) await replayer.replayBatch(batch, { partitionId: '0', eventHubName: 'bench' });
  return { elapsedInMs: performance.now() - startedAt, calls };
}

await run(32, true);
const [serial, parallel, uncoalesced] = [await run(1, true), await run(32, true), await run(32, false)];
const result = {
  node: process.version,
  changes: devices * changesPerDevice,
  callInMs,
  concurrency32OverConcurrency1: Number((serial.elapsedInMs / parallel.elapsedInMs).toFixed(1)),
  callsWithoutCoalescingOverCallsWith: Number((uncoalesced.calls / parallel.calls).toFixed(1)),
  changesPerSecondAt32: Math.round((devices * changesPerDevice * 1000) / parallel.elapsedInMs),
};
console.log(result);
if (process.argv.includes('--store'))
  writeFileSync('bench/results/twin-replay.json', `${JSON.stringify(result, null, 2)}\n`);
