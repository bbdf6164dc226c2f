import { describe, expect, it } from 'vitest';
import { playMirror } from '../chaos/mirror/property.js';

/** `MIRROR_MINUTES=30`: for so long. `MIRROR_SEED=7`, `MIRROR_PATH=3:0:1`: as a failed run prints them. */
const { MIRROR_MINUTES = '10', MIRROR_SEED, MIRROR_PATH } = process.env;
const forInMs = Number(MIRROR_MINUTES) * 60_000;

describe('many families of devices, Edge devices, leaves and modules, with faults and somebody else on the standby', () => {
  it(
    'have no enabled copy without an enabled source that nobody names, and nobody who lives on the standby is harmed',
    async () => {
      const more = { ...(MIRROR_SEED && { seed: Number(MIRROR_SEED) }), ...(MIRROR_PATH && { path: MIRROR_PATH }) };
      expect(await playMirror({ forInMs, ...more })).toBeGreaterThan(0);
    },
    forInMs + 900_000,
  );
});
