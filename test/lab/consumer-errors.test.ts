import { describe, expect, it, vi } from 'vitest';
import { AmqpRefusal } from '../../lab/event-hubs/amqp-error.js';
import { AppError } from '../../src/errors.js';
import {
  aGeneration,
  aProcessor,
  aRecorder,
  aSource,
  eventHubName,
  hostOf,
  range,
  send,
  sorted,
  type Recorder,
} from './support/consumer.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();

/** Which of the two was told, and of which partition. */
const aListener = () => {
  const told: { general: unknown[]; ofPartitions: { partitionId: string; generation: number; error: unknown }[] } = {
    general: [],
    ofPartitions: [],
  };
  const seen: Recorder = aRecorder({
    onError: (error) => void told.general.push(error),
    processError: async (error, { partitionId, generation }) =>
      void told.ofPartitions.push({ partitionId, generation, error }),
  });
  return Object.assign(seen, told);
};

describe('an error', () => {
  it("of one partition's reading is told to processError with that partition, and to nobody else", async () => {
    const endpoint = await rig.anEndpoint(2);
    const [source, seen] = [aSource(), aListener()];
    source.say('steady', aGeneration(1, endpoint));
    // The event hub answers; only the links of the partitions are refused.
    const options = { ...(await rig.stores()), consumerGroup: 'missing' };
    const processor = aProcessor([endpoint], { source, handlers: seen, ...options });
    await processor.start();
    const partitions = () => new Set(seen.ofPartitions.map(({ partitionId }) => partitionId));
    await vi.waitUntil(() => partitions().size === 2, { timeout: 20_000 });
    await processor.stop();
    expect(seen.ofPartitions[0]).toMatchObject({ generation: 1, error: { code: 'MessagingEntityNotFoundError' } });
    expect(seen.general).toEqual([]);
  });

  it('of the whole endpoint, which belongs to no partition, is told to onError', async () => {
    const endpoint = await rig.anEndpoint(2);
    const [source, seen] = [aSource(), aListener()];
    const nowhere = { hostName: hostOf(endpoint), eventHubName: 'missing' };
    source.say('steady', aGeneration(1, endpoint, { endpoint: nowhere }));
    const processor = aProcessor(
      [endpoint],
      { source, handlers: seen, ...(await rig.stores()) },
      { connectionStringOf: (at) => `${endpoint.connectionString};EntityPath=${at.eventHubName}` },
    );
    await processor.start();
    await vi.waitUntil(() => seen.general.length > 0, { timeout: 20_000 });
    await processor.stop();
    expect(seen.general[0]).toMatchObject({ code: 'MessagingEntityNotFoundError' });
    expect(seen.ofPartitions).toEqual([]);
  });
});

describe('an endpoint that answers with a redirect', () => {
  it('is given another client, which goes on where the last one was', async () => {
    let redirects = false;
    const faults = {
      before: async () => {
        if (redirects) throw new AmqpRefusal('amqp:link:redirect', 'It is elsewhere.', 302);
        return undefined;
      },
    };
    const endpoint = await rig.anEndpoint(2, { faults });
    const [source, seen] = [aSource(), aRecorder()];
    const connectionStringOf = vi.fn(() => `${endpoint.connectionString};EntityPath=${eventHubName}`);
    // No other reason for a new client comes up meanwhile.
    const patience = { silenceLimitInMs: 60_000, ownershipExpiresInMs: 90_000 };
    const processor = aProcessor(
      [endpoint],
      { source, handlers: seen, ...(await rig.stores()), ...patience },
      { connectionStringOf },
    );
    source.say('steady', aGeneration(1, endpoint));
    await processor.start();
    send(endpoint, 0, 100);
    await seen.seesAll(100);
    expect(connectionStringOf).toHaveBeenCalledTimes(1);
    redirects = true;
    await endpoint.stop();
    await endpoint.resume();
    send(endpoint, 100, 200);
    await vi.waitUntil(() => connectionStringOf.mock.calls.length > 1, { timeout: 20_000 });
    redirects = false;
    await seen.seesAll(200);
    await processor.stop();
    expect(sorted(seen.numbers())).toEqual(range(200));
    const renewals = seen.errors.filter((error) => error instanceof AppError);
    expect(renewals[0]).toMatchObject({ code: 'eventHubSilent', message: expect.stringContaining('redirect') });
    // The partitions stayed with the process.
    expect([seen.opened.length, seen.closes.map(({ reason }) => reason)]).toEqual([2, ['Shutdown', 'Shutdown']]);
  });
});
