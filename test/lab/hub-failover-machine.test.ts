import { describe, expect, it } from 'vitest';
import type { HubFailoverOptions } from '../../lab/contracts.js';
import type { FailoverHooks } from '../../lab/hub-failover/hooks.js';
import { createHubFailover } from '../../lab/hub-failover/machine.js';
import { createManualTimers } from './support/manual-timers.js';

const aMachine = (defaults: Partial<HubFailoverOptions> = {}, journal = false) => {
  const timers = createManualTimers();
  const told: string[] = [];
  const lines: string[] = [];
  const failover = createHubFailover({
    hubName: 'hub',
    regions: ['West Europe', 'North Europe'],
    partitions: 2,
    defaults,
    journal,
    log: (line) => lines.push(line),
    now: timers.now,
    timers,
  });
  const note = (what: string): void => void told.push(`${timers.now().getTime()} ${what}`);
  const hooks: Required<FailoverHooks> = {
    endpointChanged: ({ hostName }, { consumerGroups, offsetsRestart }) =>
      note(`endpoint ${hostName.split('.')[0]} ${consumerGroups.join()} ${offsetsRestart ? 'from 0' : 'goes on'}`),
    forwardingStopped: ({ blackHoled, rollBackMinutes }) =>
      note(`stopped ${blackHoled ? 'black hole' : 'cut'} ${rollBackMinutes}`),
    active: () => note('active'),
    dataFlows: () => note('data flows'),
    consumerGroupsChanged: (groups) => note(`groups ${groups.join()}`),
  };
  failover.obey(hooks);
  return { failover, timers, told, lines };
};
/** Whether a promise has been kept yet. */
const settled = (promise: Promise<unknown>) => {
  const state = { yet: false };
  promise.finally(() => (state.yet = true)).catch(() => undefined);
  return state;
};
const real = { timeScale: 1 };
const endInMs = 552_000;

describe('the course of a failover', () => {
  it('is the measured one at time scale 1', () => {
    const { failover, timers, told } = aMachine(real);
    failover.start();
    timers.advanceTo(endInMs);
    expect(told).toEqual([
      '93000 endpoint iothub-ns-hub-2 $Default from 0',
      '123000 stopped cut 0',
      '483000 active',
      '552000 data flows',
    ]);
  });

  it('is a tenth of it unless told otherwise', () => {
    const { failover, timers, told } = aMachine();
    failover.start();
    timers.advanceTo(55_199);
    expect(told).toHaveLength(3);
    timers.advanceTo(55_200);
    expect(told.at(-1)).toBe('55200 data flows');
  });

  it('can have moments of its own, before the time scale', () => {
    const { failover, timers, told } = aMachine({ timeScale: 0.5, timeline: { activeInMs: 200_000 } });
    failover.start();
    timers.advanceTo(endInMs);
    expect(told.map((line) => line.split(' ')[0])).toEqual(['46500', '61500', '100000', '276000']);
  });

  it.each([
    [false, ['93000 endpoint', '123000 stopped']],
    [true, ['93000 stopped', '123000 endpoint']],
  ])('forwarding stops before the endpoint changes: %s', (forwardingStopsFirst, first) => {
    const { failover, timers, told } = aMachine({ ...real, forwardingStopsFirst });
    failover.start();
    timers.advanceTo(endInMs);
    expect(told.slice(0, 2).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(first);
  });

  it('shows in ARM what has come: state at once, endpoint, then Active with the regions changed', () => {
    const { failover, timers } = aMachine(real);
    const seen = () => ({
      state: failover.state,
      endpoint: failover.endpoint.hostName.split('.')[0],
      region: failover.locations.find(({ role }) => role === 'primary')?.location,
    });
    expect(seen()).toEqual({ state: 'Active', endpoint: 'iothub-ns-hub-1', region: 'West Europe' });
    failover.start();
    expect(seen()).toEqual({ state: 'FailingOver', endpoint: 'iothub-ns-hub-1', region: 'West Europe' });
    timers.advanceTo(93_000);
    expect(seen()).toEqual({ state: 'FailingOver', endpoint: 'iothub-ns-hub-2', region: 'West Europe' });
    timers.advanceTo(483_000);
    expect(seen()).toEqual({ state: 'Active', endpoint: 'iothub-ns-hub-2', region: 'North Europe' });
  });

  it('is told by its operation, which is done when data flows', async () => {
    const { failover, timers } = aMachine(real);
    const operation = failover.start();
    const done = settled(operation.done);
    expect(operation).toMatchObject({ status: 'InProgress', startedAt: new Date(0), moments: {} });
    timers.advanceTo(483_000);
    await Promise.resolve();
    expect(operation.status).toBe('Succeeded');
    expect(done.yet).toBe(false);
    timers.advanceTo(endInMs);
    await operation.done;
    expect(done.yet).toBe(true);
    expect(operation.moments).toEqual({
      endpointChanged: new Date(93_000),
      forwardingStopped: new Date(123_000),
      active: new Date(483_000),
      dataFlows: new Date(552_000),
    });
    expect(failover.operation).toBe(operation);
    expect(failover.operationOf(operation.id)).toBe(operation);
    expect(failover.operationOf('other')).toBeUndefined();
  });

  it('ends with the laboratory', async () => {
    const { failover, timers, told } = aMachine(real);
    const operation = failover.start();
    timers.advanceTo(100_000);
    failover.close();
    expect(timers.pending).toBe(0);
    await expect(operation.done).rejects.toThrow('closed during a failover');
    expect(operation.status).toBe('Failed');
    await failover.managementAnswers();
    expect(told).toHaveLength(1);
  });

  it('goes on when one of those who are told fails', () => {
    const { failover, timers, told, lines } = aMachine(real);
    failover.obey({
      forwardingStopped: () => {
        throw new TypeError('broken');
      },
    });
    failover.start();
    timers.advanceTo(endInMs);
    expect(told).toHaveLength(4);
    expect(lines).toEqual(['failover of hub: TypeError: broken']);
  });
});

describe('what a failover is started with', () => {
  it('is for that one only, over what the laboratory was started with', () => {
    const { failover, timers, told } = aMachine({ ...real, offsetsRestart: false });
    failover.start(undefined, { timeScale: 0.01, interimState: 'Moving', devicesBlackHoled: true });
    expect(failover.state).toBe('Moving');
    timers.advanceTo(endInMs);
    failover.start();
    expect(failover.state).toBe('FailingOver');
    timers.advanceTo(2 * endInMs);
    expect(told).toEqual([
      '930 endpoint iothub-ns-hub-2 $Default goes on',
      '1230 stopped black hole 0',
      '4830 active',
      '5520 data flows',
      '645000 endpoint iothub-ns-hub-1 $Default goes on',
      '675000 stopped cut 0',
      '1035000 active',
      '1104000 data flows',
    ]);
  });

  it.each([
    ['a time scale of nothing', { timeScale: 0 }, 'timeScale'],
    ['a rollback of more than five minutes', { rollBackMinutes: 6 }, 'rollBackMinutes'],
    ['Active as the state in between', { interimState: 'Active' }, 'interimState'],
    ['Active before the endpoint has changed', { timeline: { activeInMs: 90_000 } }, 'timeline'],
    ['data that flows before Active', { timeline: { dataFlowsInMs: 400_000 } }, 'timeline'],
  ])('is refused: %s', (_what, options, field) => {
    const { failover } = aMachine();
    expect(() => failover.start(undefined, options)).toThrow(field);
    expect(failover.state).toBe('Active');
    expect(() => aMachine(options)).toThrow(field);
  });

  it('may be a rollback only with a journal', () => {
    const rollBackMinutes = 2;
    const noJournal = expect.objectContaining({ code: 'noJournal' }) as Error;
    const { failover } = aMachine();
    expect(() => failover.start(undefined, { rollBackMinutes })).toThrow(noJournal);
    expect(() => aMachine({ rollBackMinutes })).toThrow(noJournal);
    const { failover: other, timers, told } = aMachine(real, true);
    other.start(undefined, { rollBackMinutes });
    timers.advanceTo(endInMs);
    expect(told[1]).toBe('123000 stopped cut 2');
  });
});

describe('consumer groups', () => {
  it('are told as they change, without regard to case, and $Default stays', () => {
    const { failover, told } = aMachine();
    failover.addConsumerGroup('Relay');
    failover.addConsumerGroup('RELAY');
    failover.removeConsumerGroup('$default');
    expect(failover.consumerGroups()).toEqual(['$Default', 'Relay']);
    failover.removeConsumerGroup('relay');
    failover.removeConsumerGroup('relay');
    expect(told).toEqual(['0 groups $Default,Relay', '0 groups $Default']);
  });

  it.each([
    [true, ['$Default', 'late']],
    [false, ['$Default', 'relay', 'late']],
  ])('are lost when the endpoint changes: %s', (consumerGroupsLost, groups) => {
    const { failover, timers } = aMachine({ ...real, consumerGroupsLost });
    failover.addConsumerGroup('relay');
    failover.start();
    expect(failover.consumerGroups()).toContain('relay');
    timers.advanceTo(93_000);
    failover.addConsumerGroup('late');
    expect(failover.consumerGroups()).toEqual(groups);
  });
});

describe('management', () => {
  it('is held from the start to Active', async () => {
    const { failover, timers } = aMachine(real);
    await failover.managementAnswers();
    failover.start();
    const answer = failover.managementAnswers();
    const answered = settled(answer);
    timers.advanceTo(482_999);
    await Promise.resolve();
    expect(answered.yet).toBe(false);
    timers.advanceTo(483_000);
    await answer;
    expect(answered.yet).toBe(true);
  });

  it.each([
    [false, true],
    [true, false],
  ])('is held by a failover with that switch only: %s', async (managementBlocks, yet) => {
    const { failover } = aMachine({ managementBlocks });
    failover.start();
    const answered = settled(failover.managementAnswers());
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered.yet).toBe(yet);
  });

  it('lets go of whoever gives up, before and while waiting', async () => {
    const { failover } = aMachine();
    failover.start();
    const giveUp = new AbortController();
    const waiting = failover.managementAnswers(giveUp.signal);
    giveUp.abort(new RangeError('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(failover.managementAnswers(giveUp.signal)).rejects.toThrow('enough');
  });
});
