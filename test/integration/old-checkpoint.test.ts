import { expect, it } from 'vitest';
import { startLab } from '../../lab/start-lab.js';
import { keepCheckpoints } from './support/checkpoints.js';
import { healthOf, settingsOf, untilEqual, webhookOf } from './support/rig.js';
import { changeAll, startInstance, watchBackwards } from './support/two-instances.js';

it('a checkpoint that was put back makes the trigger deliver again, and the app skips what was applied', async () => {
  await using lab = await startLab({ eventHubsPort: 0 });
  const keys = lab.addDevices({ hub: 'primary', count: 12, prefix: 'dev' });
  await using first = await startInstance(lab);
  lab.setWebhook({ url: webhookOf(first.process) });
  const firstHealth = () => healthOf(first.process, settingsOf(lab));
  await untilEqual(lab, firstHealth);
  changeAll(lab, keys, 1, 4);
  await untilEqual(lab, firstHealth);
  const checkpoints = await keepCheckpoints(lab);
  changeAll(lab, keys, 5, 10);
  await untilEqual(lab, firstHealth);
  await first.process.kill();

  await checkpoints.restore();
  const watch = watchBackwards(lab, keys);
  await using second = await startInstance(lab);
  lab.setWebhook({ url: webhookOf(second.process) });
  const health = () => healthOf(second.process, settingsOf(lab));
  changeAll(lab, keys, 15, 4);
  await untilEqual(lab, health);
  expect(watch.stop()).toEqual([]);
  expect((await health()).skipped['alreadyApplied']).toBe(12 * 10);
});
