import { describe, expect, it } from 'vitest';
import { playMirror } from '../chaos/mirror/property.js';

/** Longer: `MIRROR_MINUTES=30 npx vitest run --project long test/long/chaos-mirror.test.ts`. */
const forInMs = 60_000;

describe('families of devices, Edge devices, leaves and modules, with faults and somebody else on the standby', () => {
  it('have no enabled copy without an enabled source that nobody names, and nobody who lives on the standby is harmed', async () => {
    expect(await playMirror({ forInMs })).toBeGreaterThan(5);
  }, 900_000);
});
