import { setTimeout as sleep } from 'node:timers/promises';
import { startLab } from '../../../lab/start-lab.js';
import { healthOf, parkedOf, settingsOf, untilCopiesAreOld, untilEqual, webhookOf } from './rig.js';
import { atWrite, changeAll, startInstance, untilLogged, untilShared, watchStale } from './two-instances.js';

/**
 * Two instances under load; one is frozen in the middle of its batches, loses its partitions to the other, and wakes up when all
 * that it holds is out of date. Rejects if anything is lost; resolves with each write that was out of date.
 */
export async function freezeOne({ devices, rounds, forMs }: { devices: number; rounds: number; forMs: number }) {
  await using lab = await startLab({ eventHubsPort: 0 });
  const keys = lab.addDevices({ hub: 'primary', count: devices, prefix: 'dev' });
  // No call ends by its deadline while it is frozen: it wakes up with answers in hand and goes on with its next write.
  const patient = { HUB_CALL_TIMEOUT_MS: '120000' };
  await using first = await startInstance(lab, patient);
  await using second = await startInstance(lab, patient);
  lab.setWebhook({ url: webhookOf(second.process) });
  const health = () => healthOf(second.process, settingsOf(lab));
  await untilEqual(lab, health);
  await untilShared(lab, 2);
  await untilCopiesAreOld();

  // Slow writes: the batches of both instances are under way for a while.
  const slow = lab.addFault({ hub: 'secondary', plane: 'https', kind: 'delay', forMs: 100 });
  const inTheMiddle = atWrite(lab, devices * 2);
  changeAll(lab, keys, 1, rounds);
  await inTheMiddle;
  first.freeze();
  const frozenAt = performance.now();
  lab.removeFault(slow.id);
  changeAll(lab, keys, 1 + rounds, rounds);
  // Everything was read and is equal: the second instance has taken over what the frozen one had.
  await untilEqual(lab, health);
  await untilShared(lab, 1);
  await sleep(Math.max(0, forMs - (performance.now() - frozenAt)));

  const watch = watchStale(lab, 2 * rounds);
  first.thaw();
  await untilLogged(first, /process\.stoodStill/);
  await untilLogged(first, /twin\.held.*stoodStill/);
  await untilShared(lab, 2);
  changeAll(lab, keys, 1 + 2 * rounds, rounds);
  await untilEqual(lab, health);
  watch.stop();
  return { stale: watch.stale, parked: parkedOf(await health()) };
}
