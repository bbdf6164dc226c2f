import { describe, expect, it } from 'vitest';
import type { HubFailoverOptions } from '../../lab/contracts.js';
import { createHubFailover } from '../../lab/hub-failover/machine.js';
import { createManualTimers } from './support/manual-timers.js';

const hourInMs = 3_600_000;
const endInMs = 552_000;
const activeInMs = 483_000;

const aMachine = (defaults: Partial<HubFailoverOptions>) => {
  const timers = createManualTimers();
  const failover = createHubFailover({
    hubName: 'hub',
    regions: ['West Europe', 'North Europe'],
    partitions: 1,
    defaults: { timeScale: 1, ...defaults },
    journal: false,
    log: () => undefined,
    now: timers.now,
    timers,
  });
  const pass = (ms: number): void => timers.advanceTo(timers.now().getTime() + ms);
  /** The name of the refusal, or the namespace that the hub has moved to. */
  const failOver = (region?: string): string | undefined => {
    try {
      failover.start(region);
    } catch (error) {
      return (error as { reason?: string }).reason;
    }
    pass(endInMs);
    return failover.endpoint.hostName.split('.')[0];
  };
  return { failover, pass, failOver };
};

describe('a failover is refused', () => {
  it('until data flows again, though the hub says that it is Active', () => {
    const { failover, pass } = aMachine({});
    const refused = expect.objectContaining({ name: 'FailoverRefusedError', reason: 'notActive' }) as Error;
    failover.start();
    expect(() => failover.start()).toThrow(refused);
    pass(activeInMs);
    expect(failover.state).toBe('Active');
    expect(() => failover.start()).toThrow(refused);
    pass(endInMs - activeInMs);
    failover.start();
  });

  it('to a region that is not the other one, in whatever way it is written', () => {
    const { failOver } = aMachine({});
    expect(failOver('West Europe')).toBe('wrongRegion');
    expect(failOver('France Central')).toBe('wrongRegion');
    expect(failOver('northeurope')).toBe('iothub-ns-hub-2');
    expect(failOver('North Europe')).toBe('wrongRegion');
    expect(failOver('WestEurope')).toBe('iothub-ns-hub-1');
  });
});

describe('limits', () => {
  it('are off unless they are asked for', () => {
    const { failOver } = aMachine({});
    const namespaces = Array.from({ length: 6 }, () => failOver());
    expect(namespaces).toEqual(['2', '1', '2', '1', '2', '1'].map((n) => `iothub-ns-hub-${n}`));
  });

  it('ask for an hour after the last success', () => {
    const { failOver, pass } = aMachine({ limits: true });
    expect(failOver()).toBe('iothub-ns-hub-2');
    pass(hourInMs - (endInMs - activeInMs) - 1);
    expect(failOver()).toBe('tooSoon');
    pass(1);
    expect(failOver()).toBe('iothub-ns-hub-1');
  });

  it('allow two failovers and two failbacks a day, whose successes count', () => {
    const { failOver, pass } = aMachine({ limits: true });
    for (const namespace of ['2', '1', '2', '1']) {
      expect(failOver()).toBe(`iothub-ns-hub-${namespace}`);
      pass(hourInMs);
    }
    expect(failOver()).toBe('dailyLimit');
    // A day after the first success, which came with Active.
    pass(24 * hourInMs - 4 * (hourInMs + endInMs) + activeInMs - 1);
    expect(failOver()).toBe('dailyLimit');
    pass(1);
    expect(failOver()).toBe('iothub-ns-hub-2');
  });

  it('are no obstacle to a failover that was started without them, but count it', () => {
    const { failover, failOver, pass } = aMachine({ limits: true });
    failover.start(undefined, { limits: false });
    pass(endInMs);
    expect(failOver()).toBe('tooSoon');
    failover.start(undefined, { limits: false });
  });
});

describe('the namespaces of a hub', () => {
  it.each([
    [true, ['2', '1', '2']],
    [false, ['2', '3', '4']],
  ])('are those of its regions, where a failback goes to the original one: %s', (failbackToOriginal, order) => {
    const { failOver } = aMachine({ failbackToOriginal });
    expect(order.map(() => failOver())).toEqual(order.map((n) => `iothub-ns-hub-${n}`));
  });

  it('have names of the hub and the partitions that were asked for', () => {
    const { failover, failOver } = aMachine({});
    expect(failover.endpoint).toEqual({
      hostName: 'iothub-ns-hub-1.servicebus.windows.net',
      eventHubName: 'iothub-ehub-hub-1',
      partitionIds: ['0'],
      retentionTimeInDays: 1,
    });
    failOver();
    expect(failover.endpoint.eventHubName).toBe('iothub-ehub-hub-2');
  });
});
