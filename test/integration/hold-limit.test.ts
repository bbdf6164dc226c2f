import { describe, expect, it, vi } from 'vitest';
import { boundInMs, parkedOf, startRig, untilCopiesAreOld } from './support/rig.js';

describe('a standby that is away longer than HOLD_LIMIT_SECONDS', () => {
  it('is told of as resyncRequired, its ids are dirty meanwhile, and are repaired by state afterwards', async () => {
    await using rig = await startRig({ settings: { HOLD_LIMIT_SECONDS: '2', HUB_CALL_TIMEOUT_MS: '1000' } });
    const { lab } = rig;
    const keys = lab.addDevices({ hub: 'primary', count: 10, prefix: 'dev', seed: 31 });
    await rig.untilEqual();
    await untilCopiesAreOld();

    const { id } = lab.addFault({ hub: 'secondary', plane: 'https', kind: 'stop' });
    await lab.faultsSettled();
    for (const [index, key] of keys.entries()) {
      lab.hub('primary').patchTwin(key, { tags: { index }, desired: { mode: `m${index}` } });
    }
    const wait = { timeout: boundInMs, interval: 50 };
    const resyncs = () => rig.log.filter((line) => line.includes('twin.resyncRequired'));
    await vi.waitFor(() => expect(resyncs().length).toBeGreaterThanOrEqual(keys.length), wait);
    for (const { deviceId } of keys) expect(resyncs().join('\n')).toContain(`"${deviceId}"`);
    const { dirty, retryQueue } = await rig.health();
    expect(dirty).toBe(keys.length);
    expect(retryQueue).toBeGreaterThan(0);

    lab.removeFault(id);
    await rig.untilEqual();
    const report = await rig.health();
    expect(parkedOf(report)).toBe(0);
    expect(report.poison).toBe(0);
  });
});
