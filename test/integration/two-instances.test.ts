import { describe, expect, it } from 'vitest';
import { startLab } from '../../lab/start-lab.js';
import { freezeOne } from './support/freeze.js';
import { healthOf, parkedOf, settingsOf, untilCopiesAreOld, untilEqual, webhookOf } from './support/rig.js';
import {
  atWrite,
  changeAll,
  startInstance,
  untilLogged,
  untilShared,
  watchBackwards,
} from './support/two-instances.js';

describe('two instances of the app', () => {
  it('share the partitions, and one goes on alone when the other is killed in the middle of its batches', async () => {
    await using lab = await startLab({ eventHubsPort: 0 });
    const keys = lab.addDevices({ hub: 'primary', count: 12, modules: 2, prefix: 'dev' });
    await using first = await startInstance(lab);
    await using second = await startInstance(lab);
    lab.setWebhook({ url: webhookOf(second.process) });
    const health = () => healthOf(second.process, settingsOf(lab));
    await untilShared(lab, 2);
    await untilEqual(lab, health);
    await untilCopiesAreOld();

    const inTheMiddle = atWrite(lab, 30);
    changeAll(lab, keys, 1, 10);
    await inTheMiddle;
    await first.process.kill();
    changeAll(lab, keys, 11, 10);
    await untilEqual(lab, health);
    await untilShared(lab, 1);
    expect(parkedOf(await health())).toBe(0);
  });

  it('move partitions while both are healthy: the new one waits for the batch of the old one, and nothing is written twice', async () => {
    await using lab = await startLab({ eventHubsPort: 0 });
    const keys = lab.addDevices({ hub: 'primary', count: 24, prefix: 'dev' });
    await using first = await startInstance(lab);
    lab.setWebhook({ url: webhookOf(first.process) });
    const health = () => healthOf(first.process, settingsOf(lab));
    await untilEqual(lab, health);
    await untilCopiesAreOld();

    const watch = watchBackwards(lab, keys);
    // A batch takes longer than a claim lasts, and than the second instance needs to come up and take its partitions.
    const slow = lab.addFault({ hub: 'secondary', plane: 'https', kind: 'delay', forMs: 1_500 });
    const inTheMiddle = atWrite(lab, 12);
    changeAll(lab, keys, 1, 20);
    await inTheMiddle;
    await using second = await startInstance(lab);
    await untilLogged(second, /twin\.held.*partitionElsewhere/);
    await untilShared(lab, 2);
    lab.removeFault(slow.id);
    changeAll(lab, keys, 21, 10);
    await untilEqual(lab, health);
    expect(watch.stop()).toEqual([]);
    expect(parkedOf(await health())).toBe(0);
  });

  it('never apply what one of them held while it was frozen and the other took over', async () => {
    const { stale, parked } = await freezeOne({ devices: 12, rounds: 10, forMs: 8_000 });
    expect({ stale, parked }).toEqual({ stale: [], parked: 0 });
  });
});
