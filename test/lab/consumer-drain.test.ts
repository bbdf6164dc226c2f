import { afterEach, describe, expect, it, vi } from 'vitest';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import type { FailoverStage, Generation } from '../../src/consumers-document.js';
import { aGeneration, range, send, sorted } from './support/consumer.js';
import type { ConsumerChildSettings } from './support/consumer-child.js';
import {
  connectionStringsOf,
  consumerProcesses,
  partitionsOf,
  type ConsumerProcess,
} from './support/consumer-process.js';
import { consumerRig, inOneMinute } from './support/consumer-rig.js';

const rig = consumerRig();
const aConsumer = consumerProcesses();
const timers: NodeJS.Timeout[] = [];
afterEach(() => {
  for (const timer of timers.splice(0)) clearInterval(timer);
});

/** Each of them reads two partitions of the generation, and no two the same. */
const share = (generation: number, ...consumers: ConsumerProcess[]): boolean =>
  consumers.every((one) => partitionsOf(one, generation).length === 2) &&
  new Set(consumers.flatMap((one) => partitionsOf(one, generation))).size === 4;

/** Ten numbers to each of the namespaces, fifty times a second. */
const aSender = (...namespaces: StartedNamespace[]) => {
  const sender = { sent: 0, to: namespaces };
  timers.push(
    setInterval(() => {
      for (const namespace of sender.to) send(namespace, sender.sent, (sender.sent += 10), 64);
    }, 20),
  );
  return sender;
};

describe('two processes that checkpoint every hundred events', () => {
  it('lose nothing when one is killed while a generation drains, and repeat what no checkpoint covered', async () => {
    const [events, maxBatchSize] = [100, 20];
    const [first, second] = [await rig.anEndpoint(4), await rig.anEndpoint(4)];
    const settings: ConsumerChildSettings = {
      storage: rig.storage().connectionString,
      container: (await rig.stores()).container.containerName,
      connectionStrings: connectionStringsOf(first, second),
      checkpoint: { kind: 'everyEvents', events },
      maxBatchSize,
      balanceIntervalInMs: 200,
      ownershipExpiresInMs: 3000,
    };
    const [killed, survivor] = [aConsumer(settings), aConsumer(settings)];
    let revision = 0;
    const say = (stage: FailoverStage, ...generations: Generation[]): void => {
      revision += 1;
      for (const { child } of [killed, survivor]) child.send({ hub: 'hub', revision, stage, generations });
    };
    say('steady', aGeneration(1, first));
    await vi.waitUntil(() => share(1, killed, survivor), { timeout: 20_000 });
    say('endpointChanged', aGeneration(1, first), aGeneration(2, second));
    await vi.waitUntil(() => share(2, killed, survivor), { timeout: 20_000 });

    // Both endpoints get events until the kill, and the old one still holds some then.
    const sender = aSender(first, second);
    await vi.waitUntil(() => killed.numbers.length > 1500 && survivor.numbers.length > 1500, { timeout: 20_000 });
    const draining = aGeneration(1, first, { state: 'draining', drainUntil: inOneMinute() });
    send(first, sender.sent, (sender.sent += 1000), 64);
    say('failoverEnded', draining, aGeneration(2, second));
    await killed.child.kill();
    sender.to = [second];
    const all = (): number[] => [...killed.numbers, ...survivor.numbers];
    const isDrained = () => survivor.state.find(({ number }) => number === 1)?.state === 'stopped';
    await vi.waitUntil(isDrained, { timeout: 30_000 });
    sender.to = [];
    await vi.waitUntil(() => new Set(all()).size === sender.sent, { timeout: 20_000 });

    expect(sorted([...new Set(all())])).toEqual(range(sender.sent));
    expect(partitionsOf(survivor, 2)).toHaveLength(4);
    const repeats = all().length - sender.sent;
    // Of each of the four partitions that died: what lay between two checkpoints, with the batch that made it due or was in hand.
    expect(repeats).toBeLessThanOrEqual(4 * (events + maxBatchSize));
    expect([...killed.errors, ...survivor.errors]).toEqual([]);
  });
});
