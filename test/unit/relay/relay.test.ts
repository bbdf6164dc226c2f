import { describe, expect, it } from 'vitest';
import type { FailoverEventProcessor, ProcessorHandlers, ProcessorPartition } from '../../../src/consumer/contract.js';
import { AppError } from '../../../src/errors.js';
import { startRelay } from '../../../src/relay/relay.js';
import { aLogger } from '../support/fakes.js';
import { anEvent, anOrigin } from './support/events.js';
import { aManualClock } from './support/manual-clock.js';
import { aPark, aTarget, away } from './support/target.js';

const aRelay = (startFailures: Error[] = [], untilStarted: () => Promise<unknown> = () => Promise.resolve()) => {
  const clock = aManualClock();
  const logger = aLogger();
  const target = aTarget();
  const park = aPark();
  const log: string[] = [];
  const handlers: Record<string, ProcessorHandlers> = {};
  const underWay = new Set<Promise<unknown>>();
  target.close = async () => void log.push('target closed');
  const relay = startRelay({
    hubs: ['north', 'south'],
    createProcessor: (hub, given): FailoverEventProcessor => {
      handlers[hub] = given;
      return {
        start: async () => {
          const failure = hub === 'north' ? startFailures.shift() : undefined;
          if (failure) throw failure;
          await untilStarted();
          log.push(`${hub} started`);
        },
        stop: async () => {
          log.push(`${hub} stops`);
          await Promise.all(underWay);
          log.push(`${hub} stopped`);
        },
        state: () => ({ revision: 1, generations: [] }),
      };
    },
    connectTarget: () => target,
    park,
    clock,
    logger,
    random: () => 0,
    deduplicationKey: false,
  });
  const partition: ProcessorPartition = {
    ...anOrigin(),
    consumerGroup: '$Default',
    signal: new AbortController().signal,
    checkpoint: async () => undefined,
  };
  const hand = (count: number, more: Partial<ProcessorPartition> = {}) => {
    const events = Array.from({ length: count }, (_, index) => anEvent({ sequenceNumber: index }));
    const done = handlers['north']!.processEvents(events, { ...partition, ...more });
    const settled = done.then(
      () => 'done',
      (error: unknown) => (error instanceof AppError ? error.code : error),
    );
    underWay.add(settled);
    return settled;
  };
  return { relay, clock, logger, target, park, log, handlers, partition, hand };
};

describe('the relay of one process', () => {
  it('runs one processor per hub, and forwards what they hand over', async () => {
    const { relay, clock, log, hand, target } = aRelay();
    await clock.pass(0);
    expect(await hand(3)).toBe('done');
    expect(target.taken).toEqual({ 3: ['0', '1', '2'] });
    expect(log).toEqual(['north started', 'south started']);
    expect(relay.state()).toMatchObject({ forwarded: 3, hubs: { north: { revision: 1 }, south: {} } });
  });

  it('starts a hub that cannot be read yet again and again, the other not waiting for it', async () => {
    const failure = (text: string) => new AppError('hubUnreachable', text, { retryable: true });
    const { clock, log, logger } = aRelay([failure('one'), failure('two'), failure('two')]);
    await clock.pass(1000);
    expect(log).toEqual(['south started', 'north started']);
    // Said once a minute: what keeps failing must not fill the log.
    expect(logger.events.filter(({ id }) => id === 'relay.error').map(({ fields }) => fields['reason'])).toEqual([
      'one',
      'two',
    ]);
  });

  it('says what it will never read as loss, each time', async () => {
    const { clock, handlers, logger } = aRelay();
    await clock.pass(0);
    const unread = new AppError('endedUnread', 'generation 1: at least 7 events stay unread', { retryable: false });
    handlers['north']!.onError(unread);
    handlers['north']!.onError(unread);
    expect(logger.events.filter(({ level }) => level !== 'info')).toEqual(
      [1, 2].map(() => ({ level: 'error', id: 'relay.unread', fields: { hub: 'north', reason: unread.message } })),
    );
  });

  it('when it stops, lets what is on its way arrive and closes the target last', async () => {
    const { relay, clock, target, hand, log } = aRelay();
    await clock.pass(0);
    target.failures.push(away());
    const handed = hand(2);
    const stopped = relay.stop('test');
    await clock.pass(1000);
    await stopped;
    expect(await handed).toBe('done');
    expect(log.slice(2)).toEqual(['north stops', 'south stops', 'north stopped', 'south stopped', 'target closed']);
    expect(clock.sleepers).toBe(0);
  });

  it('says nothing of a start that only its stop has ended', async () => {
    const never = Promise.withResolvers<void>();
    const { relay, clock, logger } = aRelay([], () => never.promise);
    await clock.pass(0);
    const stopped = relay.stop('appStops');
    never.resolve();
    await clock.pass(0);
    await stopped;
    expect(logger.events.map(({ id }) => id)).toEqual(['relay.stopped']);
  });

  it('when it stops while the target is away, gives up after a limit and parks nothing', async () => {
    const { relay, clock, target, hand, park, handlers, partition } = aRelay();
    await clock.pass(0);
    target.failures.push(...Array.from({ length: 100 }, away));
    const handed = hand(2);
    const stopped = relay.stop('test');
    await clock.pass(4999);
    expect(await Promise.race([handed, Promise.resolve('waits')])).toBe('waits');
    await clock.pass(1);
    await stopped;
    expect(await handed).toBe('aborted');
    await expect(handlers['north']!.park(anEvent(), new Error('x'), partition)).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(park.items).toEqual([]);
  });

  it('ends the wait of a partition that another process has taken', async () => {
    const { clock, target, hand } = aRelay();
    await clock.pass(0);
    target.failures.push(...Array.from({ length: 100 }, away));
    const taken = new AbortController();
    const handed = hand(2, { signal: taken.signal });
    await clock.pass(500);
    taken.abort();
    await clock.pass(5000);
    expect(await handed).toBe('aborted');
  });

  it('lets what is on its way arrive when a partition is taken', async () => {
    const { clock, target, hand } = aRelay();
    await clock.pass(0);
    target.failures.push(away());
    const taken = new AbortController();
    const handed = hand(2, { signal: taken.signal });
    taken.abort();
    await clock.pass(1000);
    expect(await handed).toBe('done');
    expect(clock.sleepers).toBe(0);
  });

  it('parks what the processor gave up on, with its cause', async () => {
    const { park, handlers, partition, logger } = aRelay();
    await handlers['north']!.park(anEvent({ sequenceNumber: 9 }), new TypeError('secret content'), partition);
    expect(park.items).toMatchObject([{ sequence: '9', properties: { 'relay-cause': 'defect' } }]);
    expect(JSON.stringify(logger.events)).not.toContain('secret content');
  });
});
