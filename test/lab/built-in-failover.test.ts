import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from 'node:net';
import { once } from 'node:events';
import { aBuiltInHub, type BuiltInHub } from './support/built-in.js';
import { quickRetries, read, type Reading, type ReadingOptions } from './support/event-hubs.js';
import type { BuiltInEndpoint } from '../../lab/hub-failover/contract.js';

let hub: BuiltInHub;
beforeEach(async () => {
  hub = await aBuiltInHub();
  for (const deviceId of ['d1', 'd2']) hub.addDevice({ deviceId });
});
afterEach(() => hub[Symbol.asyncDispose]());

const reading = (endpoint: BuiltInEndpoint, options: ReadingOptions = {}): Reading =>
  read(hub.connectionString(endpoint), endpoint.eventHubName, options);
const sequences = ({ events }: Reading): number[] => events.map(({ body }) => body.sequence).sort((a, b) => a - b);
const lost = (): number[] =>
  hub.builtIn.telemetry.lostWithEndpoint().map(({ body }) => JSON.parse(body.toString()).sequence);
const noGroups = { consumerGroups: [], offsetsRestart: true };
const stopped = { blackHoled: false, rollBackMinutes: 0 };

describe('the endpoint in a failover', () => {
  it('fills the old namespace until forwarding stops and the new one when data flows', async () => {
    await using before = reading(hub.first);
    hub.builtIn.hooks.endpointChanged(hub.second, noGroups);
    await using after = reading(hub.second);
    hub.send('d1', 1);
    await before.waitFor(1);
    hub.builtIn.hooks.forwardingStopped(stopped);
    expect(() => hub.send('d1', 2)).toThrow('failing over');
    hub.builtIn.hooks.active();
    expect(() => hub.send('d1', 2)).toThrow('failing over');
    hub.builtIn.hooks.dataFlows();
    hub.send('d1', 3);
    await after.waitFor(1);
    expect([sequences(before), sequences(after)]).toEqual([[1], [3]]);
    expect(hub.builtIn.telemetry.accepted).toEqual({ [hub.first.hostName]: 1, [hub.second.hostName]: 1 });
  });

  it('takes the new endpoint when forwarding had stopped before', async () => {
    hub.builtIn.hooks.forwardingStopped(stopped);
    hub.builtIn.hooks.endpointChanged(hub.second, noGroups);
    expect(() => hub.send('d1', 1)).toThrow('failing over');
    hub.builtIn.hooks.dataFlows();
    hub.send('d1', 2);
    await using after = reading(hub.second);
    expect((await after.waitFor(1)).map(({ body }) => body.sequence)).toEqual([2]);
  });

  it('lets the old namespace be read until data flows, then refuses its name and counts what nobody has read', async () => {
    hub.send('d1', 1, 2, 3);
    hub.builtIn.hooks.endpointChanged(hub.second, noGroups);
    hub.builtIn.hooks.forwardingStopped(stopped);
    hub.builtIn.hooks.active();
    {
      await using late = reading(hub.first, { subscribe: { maxBatchSize: 10 } });
      await late.waitFor(3);
    }
    expect(lost()).toEqual([]);
    hub.builtIn.hooks.dataFlows();
    expect(lost()).toEqual([]);
    const socket = connect({ host: hub.first.hostName, port: 5671 });
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('counts as lost what was accepted and lay unread when the namespace went, whatever it was read for before', async () => {
    {
      await using early = reading(hub.first);
      hub.send('d1', 1, 2);
      await early.waitFor(2);
    }
    hub.send('d1', 3);
    hub.send('d2', 4);
    hub.failOver(hub.second);
    expect(hub.builtIn.telemetry.lostWithEndpoint()).toMatchObject([
      { source: 'deviceMessages', deviceId: 'd1', messageId: 'd1-3', applicationProperties: { kind: 'reading' } },
      {
        source: 'deviceMessages',
        deviceId: 'd2',
        messageId: 'd2-4',
        annotations: { 'iothub-message-source': 'Telemetry' },
      },
    ]);
  });

  it('says of what was lost for how long it was readable, by the time at which the namespace went', async () => {
    let now = 1_000_000;
    await using timed = await aBuiltInHub({ now: () => now });
    timed.addDevice({ deviceId: 'd1' });
    const readable = (): number[] => timed.builtIn.telemetry.lostWithEndpoint().map((each) => each.readableForInMs);
    timed.send('d1', 1);
    now += 20_000;
    timed.send('d1', 2);
    now += 100;
    timed.failOver(timed.second);
    now += 5_000;
    expect(readable()).toEqual([20_100, 100]);
    timed.send('d1', 3);
    now += 700;
    // The first namespace begins again at 0: what went with it stays counted as it was.
    timed.failOver(timed.first);
    now += 5_000;
    expect(readable()).toEqual([20_100, 100, 700]);
  });

  it('tells when it stored the first and the last message of each time that an endpoint was fed', async () => {
    let now = 1_000_000;
    await using timed = await aBuiltInHub({ now: () => now });
    timed.addDevice({ deviceId: 'd1' });
    for (const sequence of [1, 2, 3]) timed.send('d1', ((now += 10), sequence));
    timed.failOver(timed.second);
    expect(timed.builtIn.telemetry.feeds()).toEqual([
      { hostName: timed.first.hostName, accepted: 3, firstEnqueuedAt: 1_000_010, lastEnqueuedAt: 1_000_030 },
      { hostName: timed.second.hostName, accepted: 0 },
    ]);
    timed.failOver(timed.first);
    now += 60;
    timed.send('d1', 4);
    expect(timed.builtIn.telemetry.feeds().slice(2)).toEqual([
      { hostName: timed.first.hostName, accepted: 1, firstEnqueuedAt: 1_000_090, lastEnqueuedAt: 1_000_090 },
    ]);
    expect(timed.builtIn.telemetry.accepted).toEqual({ [timed.first.hostName]: 4 });
  });

  it('ends readers of the old namespace in a way the SDK survives, and lets them have what was sent', async () => {
    hub.send('d1', 1, 2, 3);
    await using old = reading(hub.first, {
      partitionId: '0',
      client: { retryOptions: { ...quickRetries, maxRetries: 1 } },
    });
    await using other = reading(hub.first, {
      partitionId: '1',
      client: { retryOptions: { ...quickRetries, maxRetries: 1 } },
    });
    await vi.waitUntil(() => old.events.length + other.events.length === 3, { timeout: 20_000 });
    hub.failOver(hub.second);
    await vi.waitUntil(() => old.errors.length > 0 && other.errors.length > 0, { timeout: 20_000 });
    expect(old.errors[0]).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ code: 'ECONNREFUSED' })]),
    });
  });
});

describe('telemetry that is being read when the namespace goes', () => {
  it('is given to a reader or counted as lost, in doubt only as far as the reader prefetches', async () => {
    const all = Array.from({ length: 5_000 }, (_, index) => index + 1);
    const maxBatchSize = 50;
    const options: ReadingOptions = {
      subscribe: { maxBatchSize, maxWaitTimeInSeconds: 1 },
      client: { retryOptions: { ...quickRetries, maxRetries: 1 } },
    };
    await using old = reading(hub.first, { ...options, partitionId: '0' });
    await using other = reading(hub.first, { ...options, partitionId: '1' });
    const events = (): number => old.events.length + other.events.length;
    hub.send('d1', ...all.slice(0, 4_000));
    await vi.waitUntil(() => events() > 200, { timeout: 20_000 });
    hub.send('d1', ...all.slice(4_000));
    hub.failOver(hub.second);
    // A subscription that is closed while its connection ends takes the SDK a minute.
    await vi.waitUntil(() => old.errors.length > 0 && other.errors.length > 0, { timeout: 20_000 });
    const counted = lost();
    expect(new Set([...sequences(old), ...sequences(other), ...counted]).size).toBe(all.length);
    const sdkPrefetches = 3 * maxBatchSize;
    expect(events() + counted.length - all.length).toBeLessThanOrEqual(sdkPrefetches);
    expect(counted.length).toBeLessThan(all.length);
  });
});

describe('a failback to the first namespace', () => {
  const there = (): void => {
    hub.send('d1', 1, 2);
    hub.failOver(hub.second);
    hub.send('d1', 3);
  };

  it('begins at 0 and empty where offsets restart', async () => {
    there();
    hub.failOver(hub.first, { offsetsRestart: true });
    hub.send('d1', 4);
    await using after = reading(hub.first);
    const [event] = await after.waitFor(1);
    expect(event).toMatchObject({ sequenceNumber: 0, offset: '0', body: { sequence: 4 } });
    expect(sequences(after)).toEqual([4]);
    expect(lost().sort((one, other) => one - other)).toEqual([1, 2, 3]);
  });

  it('goes on with what it held where they do not', async () => {
    there();
    hub.failOver(hub.first, { offsetsRestart: false });
    hub.send('d1', 4);
    await using after = reading(hub.first);
    const events = await after.waitFor(3);
    expect(events.map(({ sequenceNumber, body }) => [sequenceNumber, body.sequence])).toEqual([
      [0, 1],
      [1, 2],
      [2, 4],
    ]);
    expect(lost()).toEqual([3]);
  });
});

describe('consumer groups of the endpoint', () => {
  const quick = { client: { retryOptions: { ...quickRetries, maxRetries: 0 } }, partitionId: '0' };

  const failOverTo = (consumerGroups: string[]): void => {
    hub.builtIn.hooks.consumerGroupsChanged(['$Default', 'app']);
    hub.builtIn.hooks.endpointChanged(hub.second, { consumerGroups, offsetsRestart: true });
    hub.builtIn.hooks.dataFlows();
    hub.send('d1', 1, 2);
  };

  it('go on where the failover keeps them', async () => {
    failOverTo(['$Default', 'app']);
    await using reader = reading(hub.second, { consumerGroup: 'app' });
    await reader.waitFor(2);
    expect(reader.errors).toEqual([]);
  });

  it('are unknown where it loses them, until they are made again', async () => {
    failOverTo(['$Default']);
    await using reader = reading(hub.second, { ...quick, consumerGroup: 'app' });
    await vi.waitUntil(() => reader.errors.length > 0, { timeout: 20_000 });
    expect(reader.errors[0]).toMatchObject({ code: 'MessagingEntityNotFoundError' });
    hub.builtIn.hooks.consumerGroupsChanged(['$Default', 'app']);
    await using again = reading(hub.second, { consumerGroup: 'app' });
    expect((await again.waitFor(2)).map(({ body }) => body.sequence)).toEqual([1, 2]);
  });

  it('end their readers when they are removed', async () => {
    hub.builtIn.hooks.consumerGroupsChanged(['app']);
    await using reader = reading(hub.first, { ...quick, consumerGroup: 'app' });
    await using stays = reading(hub.first, quick);
    for (const id of ['d1', 'd2', 'd1', 'd2']) hub.send(id, 1);
    await vi.waitUntil(() => reader.events.length > 0 && stays.events.length > 0, { timeout: 20_000 });
    hub.builtIn.hooks.consumerGroupsChanged([]);
    await vi.waitUntil(() => reader.errors.length > 0, { timeout: 20_000 });
    expect(reader.errors[0]).toMatchObject({ code: 'MessagingEntityNotFoundError' });
    expect(stays.errors).toEqual([]);
  });
});
