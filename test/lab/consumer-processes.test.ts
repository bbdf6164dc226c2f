import { afterEach, describe, expect, it, vi } from 'vitest';
import { projectFile } from '../../lab/net/project-file.js';
import { forkManaged, type ManagedChild } from '../../lab/processes/managed-child.js';
import { aGeneration, eventHubName, range, send } from './support/consumer.js';
import type { ConsumerChildMessage, ConsumerChildSettings } from './support/consumer-child.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();
const children: ManagedChild[] = [];
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.close()));
});

interface Consumer {
  child: ManagedChild;
  partitions: string[];
  numbers: number[];
  errors: string[];
}

const aConsumer = (settings: ConsumerChildSettings): Consumer => {
  const consumer: Omit<Consumer, 'child'> = { partitions: [], numbers: [], errors: [] };
  const child = forkManaged(projectFile('dist/test/lab/support/consumer-child.js'), {
    args: [JSON.stringify(settings)],
    onMessage: (message) => {
      const told = message as ConsumerChildMessage;
      if (told.kind === 'handled') consumer.numbers.push(...told.numbers);
      if (told.kind === 'partitions') consumer.partitions = told.ids;
      if (told.kind === 'error') consumer.errors.push(told.text);
    },
  });
  children.push(child);
  return Object.assign(consumer, { child });
};

describe('two consumer processes', () => {
  it('share partitions evenly; one killed, the other goes on from its checkpoints within the ownership time', async () => {
    const ownershipExpiresInMs = 3000;
    const maxBatchSize = 20;
    const endpoint = await rig.anEndpoint(4);
    const { container } = await rig.stores();
    const settings: ConsumerChildSettings = {
      storage: rig.storage().connectionString,
      container: container.containerName,
      connectionString: `${endpoint.connectionString};EntityPath=${eventHubName}`,
      generations: [aGeneration(1, endpoint)],
      ownershipExpiresInMs,
      maxBatchSize,
    };
    const first = aConsumer(settings);
    await vi.waitUntil(() => first.partitions.length === 4, { timeout: 20_000 });
    const second = aConsumer(settings);
    await vi.waitUntil(() => first.partitions.length === 2 && second.partitions.length === 2, { timeout: 20_000 });
    expect([...first.partitions, ...second.partitions].sort((a, b) => a.localeCompare(b))).toEqual([
      '0',
      '1',
      '2',
      '3',
    ]);

    let sent = 0;
    const sending = setInterval(() => send(endpoint, sent, (sent += 20)), 20);
    await vi.waitUntil(() => second.numbers.length >= 400 && first.numbers.length >= 400, { timeout: 20_000 });
    const lost = new Set(second.partitions);
    await second.child.kill();
    const killedAt = performance.now();
    await vi.waitUntil(() => first.partitions.length === 4, { timeout: 20_000 });
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
