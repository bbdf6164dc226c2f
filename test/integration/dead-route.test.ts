import { describe, expect, it, vi } from 'vitest';
import { boundInMs, settingsOf, startRig } from './support/rig.js';

const wait = { timeout: boundInMs, interval: 50 };

describe('a route that was dead for longer than it keeps messages', () => {
  it('is told in health with the time of the loss, until an operator has seen to it', async () => {
    await using rig = await startRig({
      lab: { routeExpiryInMs: 1_500 },
      settings: ({ description }) => ({
        WATCH_STEADY_SECONDS: '1',
        PRIMARY_HUB_RESOURCE_ID: description.settings['PRIMARY_HUB_RESOURCE_ID'] ?? '',
      }),
      // @azure/identity reads the environment of the process.
      prepare: ({ description }) => void Object.assign(process.env, description.identityEnv),
    });
    const { lab } = rig;
    const [first, second] = lab.addDevices({ hub: 'primary', count: 2, prefix: 'dev', seed: 3 });
    await rig.untilEqual();
    expect(await rig.health()).toMatchObject({ ok: true, routes: [] });

    await lab.namespace.stop();
    lab.hub('primary').patchTwin(first!, { tags: { lost: true } });
    const isDead = () => lab.endpointHealth('primary').some(({ status }) => status === 'dead');
    await vi.waitFor(() => expect(isDead()).toBe(true), wait);
    await vi.waitFor(async () => expect((await rig.health()).routes).toMatchObject([{ status: 'dead' }]), wait);
    expect((await rig.health()).ok).toBe(false);

    await lab.namespace.resume();
    lab.hub('primary').patchTwin(second!, { tags: { follows: true } });
    const secondary = lab.hub('secondary');
    await vi.waitFor(() => expect(secondary.getTwin(second!).tags).toMatchObject({ follows: true }), wait);
    await vi.waitFor(async () => expect((await rig.health()).routes).toMatchObject([{ status: 'healthy' }]), wait);
    const report = await rig.health();
    expect(report.ok).toBe(false);
    const time = expect.stringMatching(/^20.*Z$/) as string;
    expect(report.routes).toEqual([
      {
        source: 'primary',
        endpoint: 'devicetwin',
        status: 'healthy',
        since: time,
        mayHaveLost: { from: time, to: time },
      },
    ]);
    expect(rig.log.filter((line) => line.includes('route.mayHaveLost'))).toHaveLength(1);

    const headers = { 'x-functions-key': settingsOf(lab)['OPERATOR_KEY'] ?? '' };
    const closed = await fetch(`${rig.host.url}/api/breaker/close`, { method: 'POST', headers });
    expect(await closed.json()).toEqual({ closed: [], routes: [{ source: 'primary', endpoint: 'devicetwin' }] });
    expect(await rig.health()).toMatchObject({ ok: true, routes: [] });
  });
});
