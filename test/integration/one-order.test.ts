import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startRig } from './support/rig.js';

/** Copies by state and the stream write to the same copies; docs/decisions/0011 says which order they keep. */

describe('an ordinary day: new devices, patches and replaces at once, on a standby with an S1 throttle', () => {
  it('ends with equal hubs', async () => {
    const units = 20;
    await using rig = await startRig({
      lab: { tier: { secondary: 'S1' }, units: { secondary: units } },
      settings: { STANDBY_TIER: 'S1', STANDBY_UNITS: String(units) },
    });
    const { lab } = rig;
    const primary = lab.hub('primary');
    const keys = lab.addDevices({ hub: 'primary', count: 60, prefix: 'day', seed: 51 });
    // Eighty changes a second, each seventh a replace, from the moment the devices are there.
    for (let n = 0; n < 600; n += 1) {
      const key = keys[(n * 7) % keys.length];
      if (!key) continue;
      if (n % 7 === 0) primary.replaceTwin(key, { tags: { n }, desired: { whole: n } });
      else primary.patchTwin(key, { tags: { n, [`k${n % 5}`]: n }, desired: { [`d${n % 3}`]: n } });
      if (n % 8 === 7) await sleep(100);
    }
    await rig.untilEqual();
    expect((await rig.health()).parked).toEqual({});
  });
});

describe('a copy that was brought up by state while its stream was behind', () => {
  it('is not taken back by an older replace', async () => {
    await using rig = await startRig({ eventGrid: false });
    const { lab } = rig;
    const [key] = lab.addDevices({ hub: 'primary', count: 1, prefix: 'dev', seed: 52 });
    if (!key) throw new TypeError('no device');
    await rig.untilEqual();
    // Later than the clocks' allowance, within which everything is brought up by state.
    await sleep(2_100);
    const primary = lab.hub('primary');
    const { id } = lab.addFault({ hub: 'secondary', plane: 'https', kind: 'stop' });
    primary.replaceTwin(key, { tags: { n: 1 }, desired: {} });
    primary.patchTwin(key, { tags: { n: 2, more: true } });
    primary.patchTwin(key, { desired: { n: 3 } });
    await sleep(2_500);
    lab.removeFault(id);
    const answer = await fetch(`${rig.host.url}/api/devices/${key.deviceId}/sync`, {
      method: 'POST',
      headers: { 'x-functions-key': rig.host.functionKey },
    });
    expect(answer.status).toBe(200);
    await rig.untilEqual();
    expect(lab.hub('secondary').getTwin(key)).toMatchObject({ tags: { n: 2, more: true }, desired: { n: 3 } });
  });
});
