import { describe, expect, it } from 'vitest';
import { planBurst } from '../../lab/demo/random-change.js';
import { createSeededRandom } from '../../lab/seeded-random.js';
import { startLab } from '../../lab/start-lab.js';
import { healthOf, parkedOf, settingsOf, startChild, untilCopiesAreOld, untilEqual, webhookOf } from './support/rig.js';

describe('the host of the app killed at once (kill -9)', () => {
  it.each([1, 2, 3])('in the middle of a batch, restarted: equal and nothing lost (run %i)', async (run) => {
    const seed = Date.now() % 100_000;
    const random = createSeededRandom(seed * run);
    const killAt = 1 + random.integer(60);
    // Printed, so that a failure can be played again.
    process.stdout.write(`crash run ${run}: seed ${seed}, killed at write ${killAt}\n`);
    await using lab = await startLab({ eventHubsPort: 0 });
    const identities = lab.addDevices({ hub: 'primary', count: 30, modules: 5, prefix: 'dev', seed });

    const first = await startChild(lab);
    lab.setWebhook({ url: webhookOf(first) });
    await untilEqual(lab, () => healthOf(first, settingsOf(lab)));
    await untilCopiesAreOld();
    let writes = 0;
    const killed = new Promise<void>((resolve, reject) => {
      lab.hub('secondary').onWrite(() => {
        writes += 1;
        if (writes === killAt) first.kill().then(() => resolve(), reject);
      });
    });
    const primary = lab.hub('primary');
    for (const change of planBurst({
      identities,
      canReport: () => true,
      changesPerIdentity: 8,
      passingDevices: 6,
      seed,
    }).flat()) {
      if (change.kind === 'twin') primary.patchTwin(change.key, change.patch);
      else if (change.kind === 'reported') primary.patchReported(change.key, change.patch);
      else if (change.kind === 'create') primary.createIdentity(change.key, {});
      else primary.deleteIdentity(change.key, '*');
    }
    await killed;

    await using second = await startChild(lab);
    lab.setWebhook({ url: webhookOf(second) });
    const health = () => healthOf(second, settingsOf(lab));
    await untilEqual(lab, health);
    const report = await health();
    expect(parkedOf(report)).toBe(0);
    expect(report.poison).toBe(0);
  });
});
