import { describe, expect, it } from 'vitest';
import type { HubCore } from '../../lab/contracts.js';
import { parkedOf, startRig } from './support/rig.js';

/** Lives and deaths of the same ids; every fourth stays gone. */
const liveAndDie = (hub: HubCore): void => {
  for (let index = 0; index < 12; index += 1) {
    const key = { deviceId: `life-${index}` };
    hub.createIdentity(key, {});
    hub.patchTwin(key, { tags: { life: 1, only: 'first' } });
    hub.deleteIdentity(key, '*');
    if (index % 4 === 0) continue;
    hub.createIdentity(key, {});
    hub.patchTwin(key, { tags: { life: 2 } });
  }
};

describe('registrySync under a disorderly Event Grid', () => {
  it('ends equal with CloudEvents that come twice, newest first, late and with repeated ids', async () => {
    await using rig = await startRig({
      lab: {
        eventGrid: {
          schema: 'cloudEvents',
          disturbance: { duplicate: 0.3, sameId: 0.2, reorder: true, delayInMs: 300 },
        },
      },
    });
    liveAndDie(rig.lab.hub('primary'));
    await rig.untilEqual();
    expect(rig.lab.hub('secondary').listDevices()).toHaveLength(9);
    expect(rig.log.some((line) => line.includes('[registrySync] identity.synced'))).toBe(true);
    const report = await rig.health();
    expect(parkedOf(report)).toBe(0);
    expect(report.skipped['unknownEventType']).toBeUndefined();
  });
});
