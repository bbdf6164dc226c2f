import { describe, expect, it } from 'vitest';
import { runRelayProcess } from '../../../src/relay/process.js';
import type { RelayState } from '../../../src/relay/relay.js';
import { aLogger } from '../support/fakes.js';
import { aManualClock } from './support/manual-clock.js';

const state: RelayState = {
  forwarded: 12,
  batches: 3,
  parked: 1,
  held: { partitions: 2, reason: 'targetUnavailable', since: new Date('2026-01-01T00:00:00Z') },
  hubs: {
    north: {
      revision: 4,
      generations: [
        { number: 1, endpoint: 'a', state: 'draining', partitions: ['0'], processed: 9, duplicates: 0, parked: 0 },
        { number: 2, endpoint: 'b', state: 'running', partitions: ['0', '1'], processed: 3, duplicates: 0, parked: 0 },
      ],
    },
  },
};

describe('the relay as a process', () => {
  it('tells its health now and then, and at the end, which waits for the relay to stop', async () => {
    const clock = aManualClock();
    const logger = aLogger();
    const stop = new AbortController();
    const log: string[] = [];
    const running = runRelayProcess({
      start: () => ({ state: () => state, stop: async (reason) => void log.push(reason) }),
      clock,
      logger,
      stopSignal: stop.signal,
      healthEveryInMs: 60_000,
    });
    await clock.pass(150_000);
    expect(logger.events).toHaveLength(2);
    stop.abort('SIGTERM');
    await running;
    expect(log).toEqual(['SIGTERM']);
    expect(logger.events).toHaveLength(3);
    expect(logger.events[2]).toEqual({
      level: 'info',
      id: 'relay.health',
      fields: {
        forwarded: 12,
        batches: 3,
        parked: 1,
        partitions: 3,
        generations: 'north:1 draining,2 running',
        heldPartitions: 2,
        heldReason: 'targetUnavailable',
        heldSince: '2026-01-01T00:00:00.000Z',
      },
    });
  });
});
