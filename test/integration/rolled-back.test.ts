import { describe, expect, it, vi } from 'vitest';
import { boundInMs, startRig } from './support/rig.js';

const wait = { timeout: boundInMs, interval: 50 };

describe('an active hub that comes back emptier', () => {
  it('costs no copy its access: what is missing without an event is only looked at', async () => {
    await using rig = await startRig({
      settings: { HOLD_LIMIT_SECONDS: '1', HUB_CALL_TIMEOUT_MS: '1000', DELETE_GRACE_SECONDS: '3600' },
      lab: { journal: true },
    });
    const { lab } = rig;
    const [primary, secondary] = [lab.hub('primary'), lab.hub('secondary')];
    // Enough old ones that any twenty witnesses hold some: the hub is not taken for another.
    lab.addDevices({ hub: 'primary', count: 30, prefix: 'old', seed: 5 });
    await rig.untilEqual();
    // Before the first of the young ones and long after the last of the old ones.
    const lost = Date.now() - 10;
    const young = lab.addDevices({ hub: 'primary', count: 12, prefix: 'a-young', seed: 6 });
    await rig.untilEqual();

    const { id } = lab.addFault({ hub: 'secondary', plane: 'https', kind: 'stop' });
    await lab.faultsSettled();
    for (const key of young) primary.patchTwin(key, { tags: { n: 1 } });
    await vi.waitFor(async () => expect((await rig.health()).dirty).toBe(young.length), wait);
    lab.rollBack('primary', (Date.now() - lost) / 60_000);
    expect(primary.getIdentity({ deviceId: 'old-0001' }).status).toBe('enabled');
    expect(() => primary.getIdentity(young[0]!)).toThrow('not registered');
    lab.removeFault(id);

    const looks = () => rig.log.filter((line) => line.includes('"deletionNotTold"'));
    await vi.waitFor(() => {
      for (const { deviceId } of young) expect(looks().join('\n')).toContain(`"${deviceId}"`);
    }, wait);
    expect(young.map((key) => secondary.getIdentity(key).status)).toEqual(young.map(() => 'enabled'));
    expect((await rig.health()).dirty).toBe(young.length);
  });
});
