import { expect, it } from 'vitest';
import { planBurst } from '../../lab/demo/random-change.js';
import { parkedOf, startRig } from '../integration/support/rig.js';

it('10,000 changes of 500 devices end equal, nothing parked, with the secondary away for 30 s in the middle', async () => {
  await using rig = await startRig();
  const identities = rig.lab.addDevices({ hub: 'primary', count: 500, prefix: 'dev', seed: 31 });
  await rig.untilEqual();
  const chains = planBurst({ identities, canReport: () => true, changesPerIdentity: 20, passingDevices: 0, seed: 31 });
  const primary = rig.lab.hub('primary');
  const startedAt = performance.now();
  for (let round = 0; round < 20; round += 1) {
    if (round === 10)
      for (const plane of ['https', 'mqtt'] as const)
        rig.lab.addFault({ hub: 'secondary', plane, kind: 'stop', forMs: 30_000 });
    for (const chain of chains) {
      const change = chain[round];
      if (change?.kind === 'twin') primary.patchTwin(change.key, change.patch);
      else if (change?.kind === 'reported') primary.patchReported(change.key, change.patch);
    }
  }
  await rig.untilEqual();
  const report = await rig.health();
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stdout.write(
    `10,000 changes: ${report.applied} applied, ${report.coalesced} coalesced, equal after ${seconds} s\n`,
  );
  expect(parkedOf(report)).toBe(0);
  expect(report.poison).toBe(0);
}, 600_000);
