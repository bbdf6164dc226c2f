import { describe, expect, it, vi } from 'vitest';
import { boundInMs, type Rig, startRig, untilCopiesAreOld } from './support/rig.js';
import { changeRouting, putRouting } from './support/routing.js';

const key = { deviceId: 'dev-0001' };
const tagsOf = (rig: Rig, role: 'primary' | 'secondary') => rig.lab.hub(role).getTwin(key).tags;
const wait = { timeout: boundInMs, interval: 100 };

const anyHeld = (rig: Rig, reason: string) =>
  rig.log.some((line) => line.includes('twin.held') && line.includes(reason));

async function startWithDevice(settings?: Record<string, string>): Promise<Rig> {
  const rig = await startRig({ eventGrid: false, ...(settings && { settings }) });
  rig.lab.addDevices({ hub: 'primary', count: 1, prefix: 'dev' });
  await rig.untilEqual();
  await untilCopiesAreOld();
  return rig;
}

describe('the routing document', () => {
  it('paused: what the active hub changes waits, and is applied when it goes forward again', async () => {
    await using rig = await startWithDevice();
    await changeRouting(rig.lab, { direction: 'paused', revision: 1 });
    // Nobody reads the document unless somebody asks for it: health does.
    await vi.waitFor(async () => {
      await rig.health();
      expect(rig.log.some((line) => line.includes('"direction":"paused"'))).toBe(true);
    }, wait);
    rig.lab.hub('primary').patchTwin(key, { tags: { site: 'moved' } });
    await vi.waitFor(() => expect(anyHeld(rig, 'paused')).toBe(true), wait);
    expect(tagsOf(rig, 'secondary')['site']).not.toBe('moved');
    await changeRouting(rig.lab, { direction: 'forward', revision: 2 });
    await rig.untilEqual();
    expect(tagsOf(rig, 'secondary')['site']).toBe('moved');
  });

  it('unreadable: writers hold, devices get the last good answer; readable again: they go on', async () => {
    await using rig = await startWithDevice();
    const good = await changeRouting(rig.lab, { revision: 1 });
    await vi.waitFor(async () => expect((await rig.health()).stateAgeInMs).toBeLessThan(1000), wait);
    await putRouting(rig.lab, '{');
    await vi.waitFor(async () => expect((await rig.health()).ok).toBe(false), wait);
    rig.lab.hub('primary').patchTwin(key, { tags: { site: 'late' } });
    await vi.waitFor(() => expect(anyHeld(rig, 'stateStale')).toBe(true), wait);
    expect(tagsOf(rig, 'secondary')['site']).not.toBe('late');
    const answer = await fetch(`${rig.host.url}/api/devices/dev-0001/hub?code=${rig.host.functionKey}`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ epoch: 1, hub: { role: 'primary' } });
    await putRouting(rig.lab, JSON.stringify(good));
    await rig.untilEqual();
    expect(tagsOf(rig, 'secondary')['site']).toBe('late');
  });

  it('away with its storage: writers hold once it is too old; back again: nothing is lost', async () => {
    await using rig = await startWithDevice();
    await rig.storage.outage?.stop();
    rig.lab.hub('primary').patchTwin(key, { tags: { site: 'during' } });
    await vi.waitFor(async () => expect((await fetch(`${rig.host.url}/api/health`)).status).toBe(503), wait);
    rig.lab.hub('primary').patchTwin(key, { tags: { site: 'after' } });
    await rig.storage.outage?.resume();
    await rig.untilEqual();
    expect(tagsOf(rig, 'secondary')['site']).toBe('after');
  });

  it('reverse: the secondary is the active hub, its changes go to the primary and devices are sent there', async () => {
    await using rig = await startWithDevice();
    await changeRouting(rig.lab, { epoch: 2, revision: 0, activeHub: 'secondary', direction: 'reverse' });
    const ask = () => fetch(`${rig.host.url}/api/devices/dev-0001/hub?code=${rig.host.functionKey}`);
    await vi.waitFor(async () => expect(await (await ask()).json()).toMatchObject({ epoch: 2 }), wait);
    expect(await (await ask()).json()).toMatchObject({
      hub: { role: 'secondary', hostName: rig.lab.hub('secondary').hostName },
    });
    rig.lab.hub('secondary').patchTwin(key, { tags: { site: 'from the secondary' } });
    rig.lab.hub('secondary').createIdentity({ deviceId: 'born-there' }, {});
    await vi.waitFor(() => expect(tagsOf(rig, 'primary')['site']).toBe('from the secondary'), wait);
    await rig.untilEqual();
    expect(rig.lab.hub('primary').getIdentity({ deviceId: 'born-there' }).deviceId).toBe('born-there');
    // The primary is the standby now: what somebody changes there is not carried over.
    const skipped = (await rig.health()).skipped['sourceIsStandby'] ?? 0;
    rig.lab.hub('primary').patchTwin(key, { tags: { drift: true } });
    await vi.waitFor(
      async () => expect((await rig.health()).skipped['sourceIsStandby']).toBeGreaterThan(skipped),
      wait,
    );
    expect(tagsOf(rig, 'secondary')['drift']).toBeUndefined();
  });
});
