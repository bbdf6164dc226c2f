import { describe, expect, it, vi } from 'vitest';
import type { IdentityKey, Lab } from '../../lab/contracts.js';
import { planBurst } from '../../lab/demo/random-change.js';
import { parkedOf, startRig, untilCopiesAreOld } from './support/rig.js';

/** S1 throttles twins per hub and identities per unit: 60 units only make the setting up short. */
const units = 60;
const shareInWrites = 0.8 * 50;

/** Random twin changes, straight in the primary's core. */
function makeChanges(lab: Lab, identities: IdentityKey[], changesPerIdentity: number, seed: number): void {
  const chains = planBurst({ identities, canReport: () => false, changesPerIdentity, passingDevices: 0, seed });
  const primary = lab.hub('primary');
  for (let round = 0; round < changesPerIdentity; round += 1)
    for (const chain of chains) {
      const change = chain[round];
      if (change?.kind === 'twin') primary.patchTwin(change.key, change.patch);
    }
}

describe('1,000 changes of 100 devices with a standby throttled as S1', () => {
  it("end equal at the mirror's share of its pace, without being refused", async () => {
    await using rig = await startRig({
      lab: { tier: { secondary: 'S1' }, units: { secondary: units }, shaping: { burstInSeconds: 1 } },
      settings: { STANDBY_TIER: 'S1', STANDBY_UNITS: String(units), REPAIR_PER_MINUTE: '6000' },
    });
    const { lab } = rig;
    const keys = lab.addDevices({ hub: 'primary', count: 100, prefix: 'dev', seed: 21 });
    await rig.untilEqual();
    await untilCopiesAreOld();
    const secondary = lab.hub('secondary');
    const writtenAt: number[] = [];
    secondary.onWrite(({ kind }) => void (kind === 'twin' && writtenAt.push(performance.now())));
    makeChanges(lab, keys, 10, 21);
    await rig.untilEqual();

    // A second's worth is saved up before the first write. On a busy machine it is not used at once, so it counts for the whole.
    const elapsedInSeconds = ((writtenAt.at(-1) ?? 0) - (writtenAt[0] ?? 0)) / 1000;
    const used = writtenAt.length / (shareInWrites * (elapsedInSeconds + 1));
    const { throttles } = secondary.limits.metrics();
    const calls = throttles.twinWrites.calls + throttles.twinReads.calls + throttles.identity.calls;
    const refused = throttles.twinWrites.refused + throttles.twinReads.refused + throttles.identity.refused;
    process.stdout.write(
      `throttled: ${writtenAt.length} writes, share used ${used.toFixed(3)}, 429 ${refused}/${calls}\n`,
    );
    expect(writtenAt.length).toBeGreaterThan(150);
    // A pace that is used at all: 0.97 to 1.00 on a machine with nothing else to do, less on a busy one.
    expect(used).toBeGreaterThanOrEqual(0.3);
    expect(used).toBeLessThanOrEqual(1.02);
    expect(refused / calls).toBeLessThan(0.01);
    expect(parkedOf(await rig.health())).toBe(0);
    expect(rig.log.filter((line) => line.includes('twin.resyncRequired'))).toEqual([]);
  });
});

describe("a standby of which the mirror may use so many messages of the day's quota", () => {
  it('is held quotaReserved when they are used: nothing more is taken, and nothing is lost', async () => {
    const limit = 60;
    await using rig = await startRig({
      lab: { tier: { secondary: 'S1' }, units: { secondary: units } },
      settings: {
        STANDBY_TIER: 'S1',
        STANDBY_UNITS: String(units),
        MIRROR_QUOTA_SHARE: String(limit / (400_000 * units)),
      },
    });
    const { lab } = rig;
    const keys = lab.addDevices({ hub: 'primary', count: 5, prefix: 'dev', seed: 22 });
    await rig.untilEqual();
    await untilCopiesAreOld();
    const quota = () => lab.hub('secondary').limits.metrics().quota;
    expect(quota().used).toBeLessThan(limit);
    // Changes that come together are written together: so many at once might never use the quota up.
    let round = 0;
    const changeAll = () => {
      round += 1;
      for (const key of keys) lab.hub('primary').patchTwin(key, { tags: { round } });
    };
    await vi.waitFor(
      () => {
        changeAll();
        expect(rig.log.join('\n')).toMatch(/twin\.held .*"quotaReserved"/);
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(quota().used).toBeGreaterThan(limit / 2);
    expect(quota().used).toBeLessThanOrEqual(limit);
    expect(quota().refused).toBe(0);
    const { dirty } = await rig.health();
    expect(dirty).toBe(0);
  });
});
