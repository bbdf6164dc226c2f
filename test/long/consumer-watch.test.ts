import { describe, expect, it } from 'vitest';
import type { FailoverStage } from '../../src/consumers-document.js';
import { runningIn, startFailoverChild, startFailoverChildRig } from '../integration/support/failover-child.js';
import { consumersApi, startFailoverLab } from '../integration/support/failover-rig.js';

/** Time enough in each stage for a host to be killed and another to come up. */
const slow = {
  timeScale: 1,
  timeline: { endpointChangesInMs: 15_000, forwardingStopsInMs: 16_000, activeInMs: 35_000, dataFlowsInMs: 36_000 },
};

describe('a host that is killed', () => {
  it('at each stage: the next one goes on from there, and the failover has each stage once', async () => {
    await using failover = await startFailoverLab(slow);
    let child = await startFailoverChild(failover);
    await using _last = { [Symbol.asyncDispose]: async () => void (await child.process.kill()) };
    const api = consumersApi(() => child.process, failover);
    const killAt = async (...stages: FailoverStage[]) => {
      await api.untilStage(...stages);
      await child.process.kill();
      child = await startFailoverChild(failover, { same: child.process });
    };

    await killAt('steady');
    await api.tell(1);
    const operation = failover.lab.failover('primary').start();
    await killAt('failoverStarted');
    await killAt('endpointChanged', 'failoverEnded');
    await operation.done;
    await api.tell(2);
    await killAt('failoverEnded', 'verified');
    await killAt('verified', 'steady');
    const { generations, history } = await api.untilStage('steady');
    expect(generations.map(({ number }) => number)).toEqual([1, 2]);
    expect(history).toMatchObject([{ outcome: 'verified', fromGeneration: 1, toGeneration: 2 }]);
    expect(await api.stages()).toEqual(['failoverStarted', 'endpointChanged', 'failoverEnded', 'verified', 'steady']);
    expect((await runningIn(child.process)).filter((id) => id.startsWith('watch-'))).toHaveLength(1);
  });
});

describe('storage that is away for a while during a failover', () => {
  it('delays it and loses nothing of it', async () => {
    await using failover = await startFailoverLab();
    await using child = await startFailoverChild(failover);
    const { lab } = failover;
    const api = consumersApi(() => child.process, failover);
    await api.untilStage('steady');
    const operation = lab.failover('primary').start();
    await api.untilStage('failoverStarted', 'endpointChanged');
    const faults = (['blob', 'queue', 'table'] as const).map((plane) =>
      lab.addFault({ hub: 'storage', plane, kind: 'stop' }),
    );
    await lab.faultsSettled();
    await operation.done;
    for (const { id } of faults) lab.removeFault(id);
    await lab.faultsSettled();
    await api.untilStage('endpointChanged', 'failoverEnded');
    await expect.poll(async () => (await api.tell(2)).status, { timeout: 60_000 }).toBe(204);
    await api.untilStage('verified', 'steady');
    expect((await api.get()).generations.map(({ number }) => number)).toEqual([1, 2]);
  });
});

describe('a whole failover', () => {
  it.each([
    ['forwarding stops before the endpoint changes', { forwardingStopsFirst: true }],
    ['ARM has another name for the state', { interimState: 'Transitioning' }],
    ['consumer groups stay', { consumerGroupsLost: false }],
  ])('is the same where %s', async (_what, options) => {
    await using rig = await startFailoverChildRig(options);
    const { api, lab } = rig;
    await api.untilStage('steady');
    await lab.failover('primary').start().done;
    await api.untilStage('endpointChanged', 'failoverEnded');
    await api.tell(2);
    await api.untilStage('steady');
    expect((await api.stages()).slice(-4)).toEqual(['endpointChanged', 'failoverEnded', 'verified', 'steady']);
  });
});

describe('a failback right after', () => {
  it('is a third generation on the first endpoint, read by enqueued time', async () => {
    await using rig = await startFailoverChildRig();
    const { api, lab } = rig;
    await api.untilStage('steady');
    for (const generation of [2, 3]) {
      await lab.failover('primary').start().done;
      await api.until(({ generations }) => generations.length === generation);
      await api.tell(generation);
      await api.untilStage('verified', 'steady');
    }
    const { generations, history } = await api.untilStage('steady');
    expect(generations[2]).toMatchObject({ number: 3, seenBefore: true, endpoint: generations[0]?.endpoint });
    expect(history.map(({ outcome, fromGeneration, toGeneration }) => [outcome, fromGeneration, toGeneration])).toEqual(
      [
        ['verified', 2, 3],
        ['verified', 1, 2],
      ],
    );
  });
});
