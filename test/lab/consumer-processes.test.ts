import { describe, expect, it, vi } from 'vitest';
import { aGeneration, range, send } from './support/consumer.js';
import type { ConsumerChildSettings } from './support/consumer-child.js';
import {
  connectionStringsOf,
  consumerProcesses,
  partitionsOf,
  type ConsumerProcess,
} from './support/consumer-process.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();
const aConsumer = consumerProcesses();
const read = (consumer: ConsumerProcess): readonly string[] => partitionsOf(consumer, 1);

describe('two consumer processes', () => {
  it('share partitions evenly; one killed, the other goes on from its checkpoints within the ownership time', async () => {
    const ownershipExpiresInMs = 3000;
    const maxBatchSize = 20;
    const endpoint = await rig.anEndpoint(4);
    const { container } = await rig.stores();
    const settings: ConsumerChildSettings = {
      storage: rig.storage().connectionString,
      container: container.containerName,
      connectionStrings: connectionStringsOf(endpoint),
      checkpoint: { kind: 'eachBatch' },
      maxBatchSize,
      balanceIntervalInMs: 300,
      ownershipExpiresInMs,
    };
    const start = (): ConsumerProcess => {
      const consumer = aConsumer(settings);
      consumer.child.send({ hub: 'hub', revision: 1, stage: 'steady', generations: [aGeneration(1, endpoint)] });
      return consumer;
    };
    const first = start();
    await vi.waitUntil(() => read(first).length === 4, { timeout: 20_000 });
    const second = start();
    await vi.waitUntil(() => read(first).length === 2 && read(second).length === 2, { timeout: 20_000 });
    expect([...read(first), ...read(second)].sort((a, b) => a.localeCompare(b))).toEqual(['0', '1', '2', '3']);

    let sent = 0;
    const sending = setInterval(() => send(endpoint, sent, (sent += 20)), 20);
    await vi.waitUntil(() => second.numbers.length >= 400 && first.numbers.length >= 400, { timeout: 20_000 });
    const lost = new Set(read(second));
    await second.child.kill();
    const killedAt = performance.now();
    await vi.waitUntil(() => read(first).length === 4, { timeout: 20_000 });
    const tookOverInMs = performance.now() - killedAt;
    clearInterval(sending);
    await vi.waitUntil(() => new Set([...first.numbers, ...second.numbers]).size === sent, { timeout: 20_000 });

    // Its claims run out, then the next balancing of the survivor takes them; storage tells times in whole seconds.
    expect(tookOverInMs).toBeLessThan(ownershipExpiresInMs + 2500);
    expect(new Set([...first.numbers, ...second.numbers])).toEqual(new Set(range(sent)));
    const repeats = first.numbers.length + second.numbers.length - sent;
    // When sharing began, one batch per partition may have been under way; at the kill, one per partition of the dead.
    expect(repeats).toBeLessThanOrEqual((2 + lost.size) * maxBatchSize);
    expect([...first.errors, ...second.errors]).toEqual([]);
  });
});
