import { describe, expect, it, vi } from 'vitest';
import { boundInMs } from './support/rig.js';
import { startFailoverChildRig } from './support/failover-child.js';
import { startFailoverRig } from './support/failover-rig.js';

describe('a whole failover', () => {
  it('goes through the stages, starts a generation, drains the old one, and measures itself', async () => {
    // The old endpoint stays until its end was seen; on a machine that is too slow for that the limit ends it.
    await using rig = await startFailoverRig(
      { timeline: { endpointChangesInMs: 4000, forwardingStopsInMs: 4500, activeInMs: 8000, dataFlowsInMs: 20_000 } },
      { VERIFY_TIMEOUT_SECONDS: '600', DRAIN_LIMIT_SECONDS: '20', WATCH_READ_TIMEOUT_SECONDS: '10' },
    );
    const { api, lab } = rig;
    await api.untilStage('steady');
    expect((await api.tell(1)).status).toBe(204);
    const before = lab.failover('primary').endpoint;

    const operation = lab.failover('primary').start();
    await api.untilStage('endpointChanged');
    const { endpoint } = lab.failover('primary');
    expect((await api.get()).generations).toMatchObject([
      { number: 1, state: 'running', endpoint: { hostName: before.hostName } },
      { number: 2, state: 'running', endpoint: { hostName: endpoint.hostName, eventHubName: endpoint.eventHubName } },
    ]);
    await api.untilStage('failoverEnded');
    expect((await api.tell(1)).status).toBe(204);
    await api.until(({ generations: [old] }) => old?.state === 'stopped');
    await operation.done;
    expect((await api.get()).stage).toBe('failoverEnded');

    await api.tell(2);
    await api.untilStage('verified', 'steady');
    const { generations, history } = await api.until(
      ({ stage, generations: [old] }) => stage === 'steady' && old?.state === 'stopped',
    );
    expect(generations).toMatchObject([{ state: 'stopped' }, { state: 'running' }]);
    expect(history).toMatchObject([
      {
        outcome: 'verified',
        fromGeneration: 1,
        toGeneration: 2,
        detectionInMs: expect.any(Number),
        switchInMs: expect.any(Number),
        dataGapInMs: expect.any(Number),
        leftUnread: 0,
      },
    ]);
    expect(await api.stages()).toEqual(['failoverStarted', 'endpointChanged', 'failoverEnded', 'verified', 'steady']);
    await vi.waitFor(() => expect(lab.failover('primary').consumerGroups()).toContain('alpha'), { timeout: boundInMs });
    expect(await api.until(({ keyState }) => keyState === 'valid')).toMatchObject({ lacksConsumerGroups: [] });
  });
});

describe('a failover while ARM fails throughout', () => {
  it('is followed by the redirect and ended by events', async () => {
    await using rig = await startFailoverChildRig();
    const { api, lab, log } = rig;
    await api.untilStage('steady');
    lab.addFault({ hub: 'arm', plane: 'arm', kind: 'blackHole' });
    await lab.faultsSettled();
    await lab.failover('primary').start().done;
    await api.untilStage('endpointChanged');
    expect((await api.get()).generations.at(-1)?.endpoint.hostName).toBe(lab.failover('primary').endpoint.hostName);
    await api.tell(2);
    await api.untilStage('verified', 'steady');
    expect((await api.stages()).slice(0, 3)).toEqual(['endpointChanged', 'failoverEnded', 'verified']);
    expect(log.filter((line) => line.includes('failover.noNews')).length).toBeGreaterThan(0);
  });
});

describe('what an operator does meanwhile', () => {
  it('pauses: nothing moves; resumes: it goes on from what is seen then; aborts: the newest endpoint stays', async () => {
    await using rig = await startFailoverChildRig();
    const { api, lab } = rig;
    await api.untilStage('steady');
    expect((await api.command('pause')).status).toBe(200);
    await lab.failover('primary').start().done;
    const { lookedAt } = await api.get();
    await api.until((document) => (document.lookedAt ?? '') > (lookedAt ?? ''));
    expect(await api.get()).toMatchObject({ stage: 'steady', paused: true, generations: [{ number: 1 }] });

    expect((await api.command('resume')).status).toBe(200);
    await api.untilStage('endpointChanged');
    expect((await api.command('abort')).status).toBe(200);
    const after = await api.get();
    expect(after).toMatchObject({
      stage: 'steady',
      generations: [{ number: 1 }, { number: 2, state: 'running' }],
      history: [{ outcome: 'aborted' }],
    });
    expect((await api.command('abort')).status).toBe(409);
    expect((await api.call('/abort', { method: 'POST' })).status).toBe(401);
  });

  it('makes it look now, as the webhook of an alert does', async () => {
    await using rig = await startFailoverChildRig({}, { WATCH_STEADY_SECONDS: '600' });
    const { api, lab } = rig;
    await api.untilStage('steady');
    lab.failover('primary').start(undefined, { timeScale: 1 });
    expect(
      (await api.call('/look', { method: 'POST', body: '{"schemaId":"azureMonitorCommonAlertSchema"}' })).status,
    ).toBe(202);
    await api.untilStage('failoverStarted');
  });
});
