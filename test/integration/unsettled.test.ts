import { describe, expect, it } from 'vitest';
import type { HubMessage, Lab, Unsettled } from '../../lab/contracts.js';
import { boundInMs, parkedOf, startRig } from './support/rig.js';

/** Every switch the other way round. The app shows no certificate and makes no bulk call: those two are there for completeness. */
const flipped = {
  moduleDeletesToldWithDevice: 'after',
  systemModulesTold: false,
  moduleEventsInEventGrid: true,
  reportedInBulkCreate: true,
  retryAfterOn429: true,
  expiredThumbprintRefused: true,
  edgeScopeRefusedInBulk: false,
  moduleUnauthorizedWithoutDevice: false,
  moduleErrorsInSecondEnvelope: false,
  timesPadded: false,
  largeDoublesTaken: false,
  queriesLagInMs: 0,
  deletedInQueriesForInMs: 1_500_000,
  otherHostNamesServeAll: true,
} as const satisfies Unsettled;

/** Deletes, second lives, modules that come and go, and an Edge device. */
function live(lab: Lab): void {
  const primary = lab.hub('primary');
  const moduleOf = (deviceId: string, moduleId: string) => ({ deviceId, moduleId });
  primary.createIdentity({ deviceId: 'edge' }, { capabilities: { iotEdge: true } });
  primary.createIdentity(moduleOf('edge', 'filter'), {});
  primary.patchTwin(moduleOf('edge', 'filter'), { desired: { rate: 1 } });
  primary.deleteIdentity({ deviceId: 'dev-0005' }, '*');
  primary.deleteIdentity({ deviceId: 'dev-0001' }, '*');
  primary.createIdentity({ deviceId: 'dev-0001' }, {});
  primary.createIdentity(moduleOf('dev-0001', 'second-life'), {});
  primary.patchTwin(moduleOf('dev-0001', 'second-life'), { tags: { life: 2 } });
  for (const { moduleId = '' } of primary.listModules('dev-0002'))
    primary.deleteIdentity(moduleOf('dev-0002', moduleId), '*');
  primary.createIdentity(moduleOf('dev-0003', 'late'), {});
  primary.patchTwin({ deviceId: 'dev-0003' }, { tags: { site: 'north' }, desired: { rate: 3 } });
  // As a bulk create does it.
  primary.createIdentity({ deviceId: 'bulk' }, {}, { desired: { rate: 4 }, reported: { rate: 3 } });
}

describe('what public sources leave open about the service', () => {
  it('is nothing to the app: with every switch flipped the hubs end equal and nothing is parked', async () => {
    await using rig = await startRig({ lab: { unsettled: flipped } });
    const { lab } = rig;
    const primary = lab.hub('primary');
    const deletes: string[] = [];
    primary.onMessage(({ deviceId, moduleId, applicationProperties }: HubMessage) => {
      if (applicationProperties['opType'] === 'deleteDeviceIdentity') deletes.push(`${deviceId}/${moduleId ?? ''}`);
    });
    lab.addDevices({ hub: 'primary', count: 5, modules: 10, prefix: 'dev', seed: 41 });
    await rig.untilEqual();
    expect(lab.hub('secondary').listDevices()).toHaveLength(5);

    const { id } = lab.addFault({ hub: 'secondary', plane: 'https', kind: 'throttle' });
    primary.patchTwin({ deviceId: 'dev-0004' }, { tags: { throttled: true } });
    // The app's word for a hub that answered 429.
    await expect.poll(() => rig.log.join('\n'), { timeout: boundInMs }).toContain('pace.reduced');
    lab.removeFault(id);

    live(lab);
    await rig.untilEqual();
    // Two devices with two modules each, and two modules alone.
    expect(deletes).toHaveLength(8);
    const secondary = lab.hub('secondary');
    expect(secondary.listDevices()).toHaveLength(6);
    expect(secondary.getTwin({ deviceId: 'bulk' }).reported).toMatchObject({ rate: 3 });
    expect(secondary.listModules('dev-0001')).toMatchObject([{ moduleId: 'second-life' }]);
    expect(secondary.listModules('dev-0002')).toEqual([]);
    const report = await rig.health();
    expect([report.retryQueue, report.poison, parkedOf(report)]).toEqual([0, 0, 0]);
  });
});
