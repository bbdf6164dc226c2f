import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { HubMessage, Lab } from '../../lab/contracts.js';
import { planBurst, type Change } from '../../lab/demo/random-change.js';
import { parkedOf, startRig } from './support/rig.js';

const apply = (lab: Lab, change: Change | undefined): void => {
  const primary = lab.hub('primary');
  if (change?.kind === 'twin') primary.patchTwin(change.key, change.patch);
  else if (change?.kind === 'reported') primary.patchReported(change.key, change.patch);
};

/** 500 random changes of 20 devices: one of each device, then the next. Five rounds come at once: in the same window, however busy the machine is. */
async function makeChanges(lab: Lab): Promise<void> {
  const identities = lab.addDevices({ hub: 'primary', count: 20, prefix: 'dev', seed: 31 });
  const chains = planBurst({ identities, canReport: () => true, changesPerIdentity: 25, passingDevices: 0, seed: 31 });
  for (let round = 0; round < 25; round += 1) {
    for (const chain of chains) apply(lab, chain[round]);
    if (round % 5 === 4) await nextTurn();
  }
}

/** Twin changes that the routes brought to the primary's event hub: what is behind the creates. */
const routedChanges = (lab: Lab, creates: number): number =>
  lab.namespace.partitions('devicetwin').reduce((sum, { length }) => sum + length, 0) - creates;

describe('a primary hub that tells several changes of a twin in one notification', () => {
  it('and its standby end equal after 500 changes of 20 devices', async () => {
    await using rig = await startRig({ lab: { coalesce: { freely: 1, windowInMs: 40 } } });
    const told: HubMessage[] = [];
    rig.lab.hub('primary').onMessage((message) => {
      if (message.source === 'twinChangeEvents') told.push(message);
    });
    await makeChanges(rig.lab);
    await rig.untilEqual();
    // Each device was given a twin before its 25 changes.
    expect(told).toHaveLength(520);
    expect(routedChanges(rig.lab, 20)).toBeLessThan(400);
    const report = await rig.health();
    expect([report.dirty, report.retryQueue, parkedOf(report)]).toEqual([0, 0, 0]);
  });

  it('and its standby end equal with a replace, a delete and a new life among the changes', async () => {
    await using rig = await startRig({ lab: { coalesce: { freely: 1, windowInMs: 500 } } });
    const primary = rig.lab.hub('primary');
    for (const deviceId of ['a', 'b', 'c']) primary.createIdentity({ deviceId }, {});
    for (let n = 0; n < 4; n += 1)
      for (const deviceId of ['a', 'b', 'c']) primary.patchTwin({ deviceId }, { tags: { n, [`first-${n}`]: true } });
    primary.replaceTwin({ deviceId: 'a' }, { tags: { replaced: true } });
    primary.patchTwin({ deviceId: 'a' }, { tags: { n: 5 } });
    primary.patchTwin({ deviceId: 'a' }, { tags: { n: 6 } });
    primary.deleteIdentity({ deviceId: 'b' }, '*');
    primary.deleteIdentity({ deviceId: 'c' }, '*');
    primary.createIdentity({ deviceId: 'c' }, {});
    for (let n = 10; n < 14; n += 1) primary.patchTwin({ deviceId: 'c' }, { tags: { n } });
    await rig.untilEqual();
    expect(rig.lab.hub('secondary').getTwin({ deviceId: 'a' }).tags).toEqual({ replaced: true, n: 6 });
    expect(rig.lab.hub('secondary').getTwin({ deviceId: 'c' }).tags).toEqual({ n: 13 });
    expect(rig.lab.hub('secondary').listDevices()).toHaveLength(2);
    expect(parkedOf(await rig.health())).toBe(0);
  });
});
