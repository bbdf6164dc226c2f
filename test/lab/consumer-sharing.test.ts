import { setTimeout as work } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { FailoverEventProcessor } from '../../src/consumer/contract.js';
import {
  aGeneration,
  aProcessor,
  aRecorder,
  aSource,
  eventHubName,
  numberOf,
  quickOptions,
  range,
  send,
  sorted,
  type Recorder,
} from './support/consumer.js';
import { consumerRig, inOneMinute } from './support/consumer-rig.js';

const rig = consumerRig();
const read = (processor: FailoverEventProcessor): readonly string[] =>
  processor.state().generations[0]?.partitions ?? [];
/** Two each, and none twice. */
const haveShared = (...processors: FailoverEventProcessor[]): boolean =>
  processors.every((one) => read(one).length === 2) && new Set(processors.flatMap(read)).size === 4;

/** Records what it handled once `before` has let it. */
const aSlowRecorder = (before: (numbers: number[], partitionId: string) => Promise<void>): Recorder => {
  const slow: Recorder = aRecorder({
    processEvents: async (events, { generation, partitionId }) => {
      await before(events.map(numberOf), partitionId);
      for (const event of events) slow.events.push({ generation, partitionId, n: numberOf(event), event });
    },
  });
  return slow;
};

describe('two processors', () => {
  it.each([
    { kind: 'everyEvents', events: 1000 },
    { kind: 'everySeconds', seconds: 1000 },
  ] as const)(
    'that drain a generation see its end together, though no checkpoint is due: $kind',
    async (checkpoint) => {
      const [first, second] = [await rig.anEndpoint(4), await rig.anEndpoint(1)];
      const [source, stores, seen] = [aSource(), await rig.stores(), aRecorder()];
      const options = { source, handlers: seen, ...stores, checkpoint };
      const [one, other] = [aProcessor([first, second], options), aProcessor([first, second], options)];
      source.say('steady', aGeneration(1, first));
      await Promise.all([one.start(), other.start()]);
      await vi.waitUntil(() => haveShared(one, other), { timeout: 20_000 });
      send(first, 0, 40);
      await seen.seesAll(40);
      const draining = aGeneration(1, first, { state: 'draining', drainUntil: inOneMinute() });
      source.say('failoverEnded', draining, aGeneration(2, second));
      const isOver = (processor: FailoverEventProcessor) => processor.state().generations[0]?.state === 'stopped';
      await vi.waitUntil(() => isOver(one) && isOver(other), { timeout: 20_000 });
      expect(sorted(seen.numbers())).toEqual(range(40));
      await Promise.all([one.stop(), other.stop()]);
    },
  );

  it('hand over while one stops: all partitions but the one whose handler still works, which stays claimed', async () => {
    const endpoint = await rig.anEndpoint(4);
    const [source, stores] = [aSource(), await rig.stores()];
    const goOn = Promise.withResolvers<void>();
    let busy: string | undefined;
    const slow = aSlowRecorder(async (_numbers, partitionId) => {
      busy = partitionId;
      await goOn.promise;
    });
    const claims = () => stores.checkpointStore.listOwnership('g1.127.0.0.1', eventHubName, '$Default');
    const free = async () => (await claims()).filter(({ ownerId }) => ownerId === '').length;
    const renewedAt = async () =>
      (await claims()).find(({ partitionId }) => partitionId === busy)?.lastModifiedTimeInMs ?? 0;

    const leaving = aProcessor([endpoint], { source, handlers: slow, ...stores });
    source.say('steady', aGeneration(1, endpoint));
    await leaving.start();
    await vi.waitUntil(() => read(leaving).length === 4, { timeout: 20_000 });
    send(endpoint, 0, 1);
    await vi.waitUntil(() => busy !== undefined, { timeout: 10_000 });
    const stopped = leaving.stop();
    // Within a balancing interval; until then a newcomer takes its share as ever.
    await vi.waitUntil(async () => (await free()) === 3, { timeout: 10_000 });

    const next = aRecorder();
    const successor = aProcessor([endpoint], { source, handlers: next, ...stores });
    await successor.start();
    await vi.waitUntil(() => read(successor).length === 3, { timeout: 10_000 });
    const mark = await renewedAt();
    const isRenewed = async () => (await renewedAt()) > mark + quickOptions.ownershipExpiresInMs;
    await vi.waitUntil(isRenewed, { timeout: 10_000, interval: 100 });
    expect(read(successor)).not.toContain(busy);
    goOn.resolve();
    await stopped;
    send(endpoint, 1, 40);
    await next.seesAll(39);
    await successor.stop();
    expect(slow.numbers()).toEqual([0]);
    expect(sorted(next.numbers())).toEqual(range(40).slice(1));
    expect(slow.closes.map(({ reason }) => reason)).toEqual(Array(4).fill('Shutdown'));
    expect([...slow.errors, ...next.errors]).toEqual([]);
  });

  it('that share a backlog lose nothing, and repeat at most a batch of each partition that moved', async () => {
    const [maxBatchSize, count] = [20, 6000];
    const endpoint = await rig.anEndpoint(4);
    const [source, stores] = [aSource(), await rig.stores()];
    const [before, after] = [aSlowRecorder(() => work(20)), aSlowRecorder(() => work(20))];
    const options = { source, ...stores, maxBatchSize };
    const first = aProcessor([endpoint], { ...options, handlers: before });
    const second = aProcessor([endpoint], { ...options, handlers: after });
    source.say('steady', aGeneration(1, endpoint));
    send(endpoint, 0, count);
    await first.start();
    const begun = () => new Set(before.events.map(({ partitionId }) => partitionId));
    await vi.waitUntil(() => begun().size === 4, { timeout: 20_000 });
    await second.start();
    const all = (): number[] => [...before.numbers(), ...after.numbers()];
    await vi.waitUntil(() => new Set(all()).size === count, { timeout: 50_000, interval: 50 });
    await Promise.all([first.stop(), second.stop()]);
    const moved = before.closes.filter(({ reason }) => reason === 'OwnershipLost').length;
    // Else there was nothing to hand over.
    expect([moved, after.events.length > 200]).toEqual([2, true]);
    expect(all().length - count).toBeLessThanOrEqual(moved * maxBatchSize);
  });

  it('when one loses a partition: its handler is told, and its checkpoints are refused', async () => {
    const endpoint = await rig.anEndpoint(2);
    const [source, stores] = [aSource(), await rig.stores()];
    const refusals: unknown[] = [];
    const seen: Recorder = aRecorder({
      processClose: async (reason, partition) => {
        seen.closes.push({ generation: 1, partitionId: partition.partitionId, reason });
        if (reason === 'OwnershipLost') await partition.checkpoint().catch((error: unknown) => refusals.push(error));
      },
    });
    const first = aProcessor([endpoint], { source, handlers: seen, ...stores });
    source.say('steady', aGeneration(1, endpoint));
    send(endpoint, 0, 40);
    await first.start();
    await seen.seesAll(40);
    const second = aProcessor([endpoint], { source, handlers: aRecorder(), ...stores });
    await second.start();
    await vi.waitUntil(() => refusals.length > 0, { timeout: 20_000 });
    expect(refusals).toMatchObject([{ code: 'ownershipLost', retryable: false }]);
    await first.stop();
    await second.stop();
    expect(seen.closes.map(({ reason }) => reason)).toEqual(['OwnershipLost', 'Shutdown']);
    expect(seen.errors).toEqual([]);
  });
});
