import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { createForwardBatch } from '../../../src/relay/forward-batch.js';
import { createRelayCounters } from '../../../src/relay/relay-counters.js';
import { aClock, aLogger } from '../support/fakes.js';
import { anEvent, anOrigin } from './support/events.js';
import { aPark, aTarget, away } from './support/target.js';

const never = new AbortController().signal;
const numbered = (count: number, size = 10) =>
  Array.from({ length: count }, (_, index) => anEvent({ sequenceNumber: index, body: Buffer.alloc(size) }));
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

const aForwarder = (target = aTarget()) => {
  const park = aPark();
  const clock = aClock();
  const logger = aLogger();
  const counters = createRelayCounters();
  const random = () => 0.5;
  const forward = createForwardBatch({ target, park, counters, clock, logger, random, deduplicationKey: false });
  return { forward, target, park, clock, logger, counters };
};

describe('forwarding events of one partition', () => {
  it('sends them in order to one partition of the target, as many in a batch as it holds', async () => {
    const { forward, target, counters } = aForwarder();
    await forward(numbered(25), anOrigin({ partitionId: '6' }), never);
    expect(target.taken).toEqual({ 2: numbers(25) });
    expect(target.sends).toEqual([10, 10, 5]);
    expect(counters.read()).toMatchObject({ forwarded: 25, batches: 3, parked: 0, held: undefined });
  });

  it('takes the same partition for each generation', async () => {
    const { forward, target } = aForwarder();
    await forward(numbered(1), anOrigin({ generation: 1 }), never);
    await forward(numbered(1), anOrigin({ generation: 2, endpoint: 'new' }), never);
    expect(Object.keys(target.taken)).toEqual(['3']);
  });

  it('waits for a target that is away, ever longer, and parks nothing', async () => {
    const { forward, target, park, clock, logger, counters } = aForwarder();
    target.failures.push(...Array.from({ length: 12 }, away));
    await forward(numbered(3), anOrigin(), never);
    expect(target.taken).toEqual({ 3: numbers(3) });
    expect(park.items).toEqual([]);
    // 150, 300, ... 9600 ms, then 11250 ms each time.
    expect(clock.monotonicInMs()).toBe(150 * (2 ** 7 - 1) + 5 * 11_250);
    expect(logger.events.filter(({ id }) => id === 'relay.held')).toHaveLength(12);
    expect(counters.read().held).toBeUndefined();
  });

  it('tells since when it waits', async () => {
    const { forward, target, clock, counters } = aForwarder();
    const since = clock.now();
    const seen: unknown[] = [];
    target.failures.push(away(), away());
    const openBatch = target.openBatch.bind(target);
    target.openBatch = (...call) => {
      seen.push(counters.read().held);
      return openBatch(...call);
    };
    await forward(numbered(1), anOrigin(), never);
    expect(seen).toEqual([undefined, ...[1, 2].map(() => ({ partitions: 1, reason: 'targetUnavailable', since }))]);
  });

  it('waits as long as the target asks', async () => {
    const { forward, target, clock } = aForwarder();
    target.failures.push(new AppError('targetUnavailable', 'busy', { retryable: true, retryAfterInMs: 4000 }));
    await forward(numbered(1), anOrigin(), never);
    expect(clock.monotonicInMs()).toBe(4000);
  });

  it('parks a message that fits in no batch, and sends those around it', async () => {
    const { forward, target, park, logger } = aForwarder();
    const events = numbered(5);
    events[2] = anEvent({ sequenceNumber: 2, body: Buffer.alloc(101, 'x'), properties: { level: 'high' } });
    await forward(events, anOrigin(), never);
    expect(target.taken).toEqual({ 3: ['0', '1', '3', '4'] });
    expect(park.items).toMatchObject([
      { source: 'relay-north-2-3', sequence: '2', reason: 'refusedByTarget', body: Buffer.alloc(101, 'x') },
    ]);
    expect(park.items[0]?.properties).toMatchObject({ 'relay-cause': 'tooLarge', level: 'high' });
    expect(logger.events).toContainEqual(expect.objectContaining({ level: 'error', id: 'event.parked' }));
  });

  it('forwards a message with a time that JavaScript does not have', async () => {
    const { forward, target, park } = aForwarder();
    const due = new Date(NaN);
    await forward([anEvent({ properties: { due }, amqp: { creationTime: NaN } })], anOrigin(), never);
    expect(target.taken).toEqual({ 3: ['7'] });
    expect(park.items).toEqual([]);
  });

  it('finds the one message that a batch is refused for, and parks only that', async () => {
    const { forward, target, park, counters } = aForwarder();
    target.refuses.add('6');
    await forward(numbered(20), anOrigin(), never);
    expect(target.taken).toEqual({ 3: numbers(20).filter((one) => one !== '6') });
    expect(park.items.map(({ sequence }) => sequence)).toEqual(['6']);
    expect(counters.read()).toMatchObject({ forwarded: 19, parked: 1 });
  });

  it('parks properties that are too long to stand beside the bytes as an item of their own', async () => {
    const { forward, park } = aForwarder();
    const long = 'p'.repeat(5000);
    await forward([anEvent({ sequenceNumber: 1, body: Buffer.alloc(200), properties: { long } })], anOrigin(), never);
    expect(park.items.map(({ sequence }) => sequence)).toEqual(['1-properties', '1']);
    expect(JSON.parse(Buffer.from(park.items[0]?.body ?? []).toString())).toMatchObject({ long, 'relay-hub': 'north' });
  });

  it('waits for a storage that is away before it goes on behind what must be parked', async () => {
    const target = aTarget();
    const { forward, park } = aForwarder(target);
    const attempts: string[] = [];
    const kept = park.park.bind(park);
    park.park = async (item) => {
      attempts.push(item.sequence);
      if (attempts.length < 3) throw new AppError('storageUnavailable', 'away', { retryable: true });
      await kept(item);
    };
    await forward([anEvent({ sequenceNumber: 0, body: Buffer.alloc(200) }), ...numbered(1)], anOrigin(), never);
    expect(attempts).toEqual(['0', '0', '0']);
    expect(park.items).toHaveLength(1);
    expect(target.taken).toEqual({ 3: ['0'] });
  });

  it('ends its wait when it is told to stop, with nothing parked', async () => {
    const { forward, target, park, clock, counters } = aForwarder();
    target.failures.push(...Array.from({ length: 50 }, away));
    const stop = new AbortController();
    const reason = new AppError('aborted', 'stopped', { retryable: false });
    clock.sleep = async () => stop.abort(reason);
    await expect(forward(numbered(3), anOrigin(), stop.signal)).rejects.toBe(reason);
    expect(park.items).toEqual([]);
    expect(counters.read().held).toBeUndefined();
  });

  it('hands on what is a defect, for the processor to judge', async () => {
    const { forward, target } = aForwarder();
    target.partitionIds = async () => [];
    await expect(forward(numbered(1), anOrigin(), never)).rejects.toBeInstanceOf(TypeError);
  });
});
