import { describe, expect, it, vi } from 'vitest';
import type { Lab } from '../../lab/contracts.js';
import { createSeededRandom } from '../../lab/seeded-random.js';
import { boundInMs, parkedOf, startRig, webhookOf, type Rig } from './support/rig.js';

interface Hint {
  eventType: 'Microsoft.Devices.DeviceCreated' | 'Microsoft.Devices.DeviceDeleted';
  deviceId: string;
}

const aGridEvent = (lab: Lab, { eventType, deviceId }: Hint) => ({
  id: crypto.randomUUID(),
  topic: `/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.DEVICES/IOTHUBS/${lab.hub('primary').name.toUpperCase()}`,
  subject: `devices/${deviceId}`,
  eventType,
  eventTime: new Date().toISOString(),
  data: { hubName: lab.hub('primary').name, deviceId, twin: { deviceId, authenticationType: 'sas' } },
  dataVersion: '1',
  metadataVersion: '1',
});

const post = (rig: Rig, events: unknown[]) =>
  fetch(webhookOf(rig.host), {
    method: 'POST',
    headers: { 'aeg-event-type': 'Notification', 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });

function shuffle<T>(items: T[], next: () => number): T[] {
  for (let index = items.length - 1; index > 0; index -= 1) {
    const other = Math.floor(next() * (index + 1));
    [items[index], items[other]] = [items[other] as T, items[index] as T];
  }
  return items;
}

/** Create, delete and create of the same ids on the primary; what Event Grid would tell of it. */
function liveAndDie(lab: Lab, count: number): Hint[] {
  const primary = lab.hub('primary');
  return Array.from({ length: count }, (_, index): Hint[] => {
    const key = { deviceId: `life-${index}` };
    const hint = (kind: 'Created' | 'Deleted'): Hint => ({ eventType: `Microsoft.Devices.Device${kind}`, ...key });
    primary.createIdentity(key, {});
    primary.patchTwin(key, { tags: { life: 1, only: 'first' } });
    primary.deleteIdentity(key, '*');
    if (index % 4 === 0) return [hint('Created'), hint('Deleted')];
    primary.createIdentity(key, {});
    primary.patchTwin(key, { tags: { life: 2 } });
    return [hint('Created'), hint('Deleted'), hint('Created')];
  }).flat();
}

describe('registrySync', () => {
  it('ends equal after 200 Event Grid events of the same ids, shuffled and duplicated', async () => {
    const seed = 21;
    const random = createSeededRandom(seed);
    const next = () => random.next();
    await using rig = await startRig({ eventGrid: false });
    const hints = liveAndDie(rig.lab, 52);
    const events = shuffle([...hints, ...hints.filter(() => next() < 0.3)], next).slice(0, 200);
    const statuses = await Promise.all(
      events.map(async (hint) => (await post(rig, [aGridEvent(rig.lab, hint)])).status),
    );
    expect(new Set(statuses.map((status) => status < 300))).toEqual(new Set([true]));
    await rig.untilEqual();
    expect(parkedOf(await rig.health())).toBe(0);
  });

  it('answers an error while source, target and queue all fail, and has lost nothing when they are back', async () => {
    await using rig = await startRig({ eventGrid: false });
    const faults = (['primary', 'secondary'] as const).map((hub) =>
      rig.lab.addFault({ hub, plane: 'https', kind: 'stop' }),
    );
    const event = aGridEvent(rig.lab, { eventType: 'Microsoft.Devices.DeviceCreated', deviceId: 'late' });
    rig.lab.hub('primary').createIdentity({ deviceId: 'late' }, {});
    await rig.storage.outage?.stop();
    const refused = await post(rig, [event]);
    expect(refused.status).toBeGreaterThanOrEqual(500);
    await rig.storage.outage?.resume();
    for (const { id } of faults) rig.lab.removeFault(id);
    await vi.waitFor(async () => expect((await post(rig, [event])).status).toBeLessThan(300), {
      timeout: boundInMs,
      interval: 500,
    });
    await rig.untilEqual();
    expect(rig.lab.hub('secondary').getIdentity({ deviceId: 'late' }).deviceId).toBe('late');
  });

  it('brings back a device that was deleted on the standby', async () => {
    await using rig = await startRig();
    rig.lab.addDevices({ hub: 'primary', count: 3, modules: 2, prefix: 'dev' });
    await rig.untilEqual();
    rig.lab.hub('secondary').deleteIdentity({ deviceId: 'dev-0001' }, '*');
    await vi.waitFor(() => expect(rig.lab.hub('secondary').listDevices().length).toBe(3), { timeout: boundInMs });
    await rig.untilEqual();
    expect(rig.lab.hub('primary').listDevices()).toHaveLength(3);
  });

  it('never deletes a device on the standby that it did not copy', async () => {
    await using rig = await startRig({ eventGrid: false });
    rig.lab.hub('secondary').createIdentity({ deviceId: 'of-others' }, {});
    const answer = await post(rig, [
      aGridEvent(rig.lab, { eventType: 'Microsoft.Devices.DeviceDeleted', deviceId: 'of-others' }),
    ]);
    expect(answer.status).toBeLessThan(300);
    expect(rig.lab.hub('secondary').getIdentity({ deviceId: 'of-others' }).deviceId).toBe('of-others');
    expect((await rig.health()).skipped['noLedgerEvidence']).toBe(1);
  });
});
