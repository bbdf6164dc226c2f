import { describe, expect, it } from 'vitest';
import type { HubMessage, IdentityKey, Lab } from '../../lab/contracts.js';
import { planBurst } from '../../lab/demo/random-change.js';
import { createSeededRandom } from '../../lab/seeded-random.js';
import { parkedOf, startRig, untilCopiesAreOld, type Rig } from './support/rig.js';

/** 100 devices with modules, equal on both hubs: a change from before its copy was made would be in the copy already. */
async function settleDevices(rig: Rig, seed: number): Promise<readonly IdentityKey[]> {
  const identities = rig.lab.addDevices({ hub: 'primary', count: 100, modules: 10, prefix: 'dev', seed });
  await rig.untilEqual();
  await untilCopiesAreOld();
  return identities;
}

/** 1,000 random twin changes of them, straight in the primary's core: they leave it as routed messages. */
function makeChanges(lab: Lab, identities: readonly IdentityKey[], seed: number): void {
  const chains = planBurst({
    identities: [...identities],
    canReport: () => true,
    changesPerIdentity: 10,
    passingDevices: 0,
    seed,
  });
  const primary = lab.hub('primary');
  for (let round = 0; round < 10; round += 1)
    for (const chain of chains) {
      const change = chain[round];
      if (change?.kind === 'twin') primary.patchTwin(change.key, change.patch);
      else if (change?.kind === 'reported') primary.patchReported(change.key, change.patch);
    }
}

/** Keeps the primary's twin changes, to deliver some of them again. */
function record(lab: Lab): HubMessage[] {
  const messages: HubMessage[] = [];
  lab.hub('primary').onMessage((message) => {
    if (message.source === 'twinChangeEvents') messages.push(message);
  });
  return messages;
}
const deliverAgain = (lab: Lab, messages: readonly HubMessage[]) => {
  for (const message of messages) lab.namespace.append('devicetwin', message.deviceId, message);
};

describe('1,000 twin changes of 100 devices and modules', () => {
  it('end equal with duplicates, redelivered stretches and stale single events', async () => {
    await using rig = await startRig();
    const identities = await settleDevices(rig, 11);
    const random = createSeededRandom(11);
    const messages = record(rig.lab);
    rig.lab.hub('primary').onMessage((message) => {
      if (message.source === 'twinChangeEvents' && random.next() < 0.1) deliverAgain(rig.lab, [message]);
    });
    makeChanges(rig.lab, identities, 11);
    await rig.untilEqual();
    deliverAgain(rig.lab, messages.slice(-300));
    // A change of long ago, once more and alone: nothing newer of its device follows it.
    deliverAgain(
      rig.lab,
      messages.filter(() => random.next() < 0.05),
    );
    await rig.untilEqual();
    const report = await rig.health();
    expect(parkedOf(report)).toBe(0);
    expect(report.skipped['duplicate']).toBeGreaterThan(0);
    expect(report.applied).toBeGreaterThanOrEqual(500);
    expect(report.coalesced).toBeGreaterThan(0);
  });

  it('end equal, nothing parked, with the secondary stopped for 5 s', async () => {
    await using rig = await startRig();
    const identities = await settleDevices(rig, 12);
    rig.lab.addFault({ hub: 'secondary', plane: 'https', kind: 'stop', forMs: 5000 });
    rig.lab.addFault({ hub: 'secondary', plane: 'mqtt', kind: 'stop', forMs: 5000 });
    makeChanges(rig.lab, identities, 12);
    await rig.untilEqual();
    expect(parkedOf(await rig.health())).toBe(0);
  });

  it('end equal, nothing parked, with 20 % of all calls to both hubs answered 503', async () => {
    await using rig = await startRig();
    const identities = await settleDevices(rig, 13);
    const faults = (['primary', 'secondary'] as const).map((hub) =>
      rig.lab.addFault({ hub, plane: 'https', kind: 'status', status: 503, share: 0.2, seed: 13 }),
    );
    makeChanges(rig.lab, identities, 13);
    await rig.untilEqual();
    expect(parkedOf(await rig.health())).toBe(0);
    for (const { id } of faults) rig.lab.removeFault(id);
  });
});
