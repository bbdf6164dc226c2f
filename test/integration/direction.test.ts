import { describe, expect, it, vi } from 'vitest';
import type { Lab } from '../../lab/contracts.js';
import { boundInMs, healthOf, type Rig, settingsOf, startRig, untilCopiesAreOld } from './support/rig.js';
import { changeRouting, loseLedger, loseRouting, putRouting } from './support/routing.js';
import { startInstance } from './support/two-instances.js';

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

  it('mistyped: named with the field and what is allowed, an event to act on, health is not ok', async () => {
    await using rig = await startWithDevice();
    await rig.health();
    const good = await changeRouting(rig.lab, { revision: 1 });
    await putRouting(rig.lab, JSON.stringify({ ...good, revision: 2, direction: 'SharedAccessKey=c2VjcmV0' }));
    await vi.waitFor(async () => {
      expect(await rig.health()).toMatchObject({
        ok: false,
        routingProblem: {
          reason: 'invalid',
          problems: ['direction: must be "forward" or "draining" or "reverse" or "paused"'],
        },
      });
    }, wait);
    const [line] = rig.log.filter((each) => each.includes('routing.invalid'));
    expect(line).toContain('direction: must be');
    expect(rig.log.join()).not.toContain('c2VjcmV0');
    expect(rig.log.some((each) => each.includes('storageRefused'))).toBe(false);
  });

  it('lost while the standby has devices: not made anew, named, and in force again once a person writes it', async () => {
    await using rig = await startWithDevice();
    const good = await changeRouting(rig.lab, { revision: 1 });
    await loseRouting(rig.lab);
    await vi.waitFor(async () => {
      expect(await rig.health()).toMatchObject({ ok: false, routingProblem: { reason: 'notMade' } });
    }, wait);
    await putRouting(rig.lab, JSON.stringify({ ...good, epoch: 2 }));
    await vi.waitFor(async () => expect((await rig.health()).ok).toBe(true), wait);
    expect(await rig.health()).toMatchObject({ epoch: 2, routingProblem: null });
  });

  it('lost together with the ledger while the secondary is active: no start sends devices back to the primary', async () => {
    await using rig = await startWithDevice();
    await changeRouting(rig.lab, { epoch: 2, activeHub: 'secondary', direction: 'reverse' });
    await loseRouting(rig.lab);
    await loseLedger(rig.lab);
    await using started = await startInstance(rig.lab, { FEATURES: 'routing' });
    const { url, functionKey } = started.process;
    await vi.waitFor(async () => {
      expect(await healthOf(started.process, settingsOf(rig.lab))).toMatchObject({
        ok: false,
        epoch: null,
        routingProblem: { reason: 'notMade', sign: 'standbyHub' },
      });
    }, wait);
    const answer = await fetch(`${url}/api/devices/dev-0001/hub?code=${functionKey}`);
    expect(answer.status).toBe(503);
  });

  it('on a standby that has devices at the first start it is a person who decides', async () => {
    const prepare = (lab: Lab) => void lab.addDevices({ hub: 'secondary', count: 1, prefix: 'seeded' });
    await using rig = await startRig({ eventGrid: false, prepare });
    await vi.waitFor(async () => {
      expect(await rig.health()).toMatchObject({
        ok: false,
        epoch: null,
        routingProblem: { reason: 'notMade', sign: 'standbyHub' },
      });
    }, wait);
    const decide = () =>
      fetch(`${rig.host.url}/api/routing/first`, {
        method: 'POST',
        headers: { 'x-functions-key': settingsOf(rig.lab)['OPERATOR_KEY'] ?? '' },
        body: JSON.stringify({ activeHub: 'primary' }),
      });
    expect((await decide()).status).toBe(201);
    expect(await rig.health()).toMatchObject({ ok: true, epoch: 1, routingProblem: null });
    expect((await decide()).status).toBe(409);
  });

  it('names the hubs: an instance whose settings have them swapped writes nothing and sends devices to the right one', async () => {
    await using rig = await startWithDevice();
    await rig.health();
    const { hubs } = await changeRouting(rig.lab, { revision: 1 });
    expect(hubs).toEqual({ primary: rig.lab.hub('primary').name, secondary: rig.lab.hub('secondary').name });
    const own = settingsOf(rig.lab);
    const of = (part: string) => ({
      [`PRIMARY_${part}`]: own[`SECONDARY_${part}`] ?? '',
      [`SECONDARY_${part}`]: own[`PRIMARY_${part}`] ?? '',
    });
    const settings = { ...of('HUB'), ...of('HUB_RESOURCE_ID'), ...of('HUB_EVENTS'), FEATURES: 'routing' };
    await using swapped = await startInstance(rig.lab, settings);
    const { url, functionKey } = swapped.process;
    await vi.waitFor(async () => {
      expect(await healthOf(swapped.process, settingsOf(rig.lab))).toMatchObject({
        ok: false,
        routingProblem: { reason: 'hubsDiffer' },
      });
    }, wait);
    const answer = await fetch(`${url}/api/devices/dev-0001/hub?code=${functionKey}`);
    expect(await answer.json()).toMatchObject({ hub: { name: rig.lab.hub('primary').name } });
  });

  it('unreadable: writers hold, devices get the last good answer; readable again: they go on', async () => {
    await using rig = await startWithDevice();
    const good = await changeRouting(rig.lab, { revision: 1 });
    await vi.waitFor(async () => expect((await rig.health()).stateAgeInMs).toBeLessThan(1000), wait);
    await putRouting(rig.lab, '{');
    // STATE_MAX_AGE_MS of these tests: until then what was read before still counts.
    await vi.waitFor(async () => expect((await rig.health()).stateAgeInMs).toBeGreaterThan(2000), wait);
    expect((await rig.health()).ok).toBe(false);
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
