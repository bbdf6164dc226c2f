import { describe, expect, it } from 'vitest';
import { createCheckpointSchedule } from '../../../src/consumer/checkpoint-policy.js';
import { settleOptions } from '../../../src/consumer/options.js';
import { memoryLastSeenStore } from '../../../src/consumer/last-seen-memory.js';
import type { FailoverEventProcessorOptions } from '../../../src/consumer/contract.js';

describe('a checkpoint is due', () => {
  it('after each batch, never without events', () => {
    const schedule = createCheckpointSchedule({ kind: 'eachBatch' }, 0);
    expect(schedule.isDue(0)).toBe(false);
    schedule.processed(1);
    expect(schedule.isDue(0)).toBe(true);
    schedule.written(0);
    expect([schedule.isDue(0), schedule.owes]).toEqual([false, false]);
  });
  it('after so many events', () => {
    const schedule = createCheckpointSchedule({ kind: 'everyEvents', events: 10 }, 0);
    schedule.processed(9);
    expect([schedule.isDue(0), schedule.owes]).toEqual([false, true]);
    schedule.processed(1);
    expect(schedule.isDue(0)).toBe(true);
  });
  it('after so many seconds', () => {
    const schedule = createCheckpointSchedule({ kind: 'everySeconds', seconds: 2 }, 500);
    schedule.processed(1);
    expect([schedule.isDue(2499), schedule.isDue(2500)]).toEqual([false, true]);
    schedule.written(2500);
    schedule.processed(1);
    expect(schedule.isDue(4499)).toBe(false);
  });
  it('never by itself with manual ones', () => {
    const schedule = createCheckpointSchedule({ kind: 'manual' }, 0);
    schedule.processed(1000);
    expect([schedule.isDue(1e9), schedule.owes]).toEqual([false, false]);
  });
});

describe('options', () => {
  const given = {
    consumerGroup: '$Default',
    lastSeen: memoryLastSeenStore(),
  } as unknown as FailoverEventProcessorOptions;

  it('have the defaults of the contract', () => {
    expect(settleOptions({ ...given, maxBatchSize: 100 })).toMatchObject({
      consumer: '_Default',
      firstGenerationStart: 'latest',
      prefetchCount: 300,
      maxWaitTimeInSeconds: 5,
      maxAttempts: 3,
      overlapInMs: 1000,
      silenceLimitInMs: 20_000,
      balanceIntervalInMs: 2000,
      ownershipExpiresInMs: 15_000,
      checkpoint: { kind: 'eachBatch' },
    });
  });

  it('that are wrong are all named', () => {
    const bad = { ...given, maxBatchSize: 0, consumer: 'a b', balanceIntervalInMs: 10_000 };
    expect(() => settleOptions(bad)).toThrow(/consumer: .*maxBatchSize: .*ownershipExpiresInMs/s);
  });
});
