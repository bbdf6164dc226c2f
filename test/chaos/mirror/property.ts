import * as fc from 'fast-check';
import { family, type Family } from './family.js';
import { startMirrorRig } from './mirror-rig.js';
import { playFamily } from './play.js';

export interface MirrorRun {
  forInMs: number;
  /** What to play again, alone: of an earlier run's print. */
  seed?: number;
  path?: string;
}

/** Families are played side by side, since most of the time is waiting. */
const LANES = 5;
/** How long a family may take to become equal: at first, and where a counterexample is made smaller. */
const boundInMs = 90_000;
const smallBoundInMs = 20_000;
/** How long a counterexample may be made smaller. */
const shrinkInMs = 240_000;

/** Plays families on one laboratory for as long. Resolves with their number; rejects with the smallest one that went wrong. */
export async function playMirror({
  forInMs,
  seed = Date.now() % 1_000_000_000,
  path = '',
}: MirrorRun): Promise<number> {
  await using mirror = await startMirrorRig();
  let end = performance.now() + forInMs;
  let count = 0;
  let failing: number | undefined;
  const play = async (lane: number): Promise<string | undefined> => {
    const property = fc.asyncProperty(family, async (one: Family) => {
      if (performance.now() > end || (failing !== undefined && failing !== lane)) return;
      count += 1;
      const wrong = await playFamily(mirror, `f${count}`, one, failing === undefined ? boundInMs : smallBoundInMs);
      // Another one may have failed meanwhile: that one is enough.
      if (wrong.length === 0 || (failing !== undefined && failing !== lane)) return;
      if (failing === undefined) end = performance.now() + shrinkInMs;
      failing = lane;
      throw new Error(wrong.join('\n'));
    });
    // A family takes longer than a second; past the end none is played.
    const more = { numRuns: Math.ceil(forInMs / 1000), seed: seed + lane, ...(path !== '' && { path }) };
    const details = await fc.check(property, more);
    if (!details.failed) return undefined;
    const again = `MIRROR_SEED=${details.seed} MIRROR_PATH=${details.counterexamplePath ?? ''}`;
    return `${String(details.errorInstance)}\n${JSON.stringify(details.counterexample, undefined, 1)}\nagain with: ${again} npx vitest run --project long test/long/chaos-mirror.test.ts`;
  };
  const lanes = path === '' ? LANES : 1;
  const [failure] = (await Promise.all(Array.from({ length: lanes }, (_, lane) => play(lane)))).filter(Boolean);
  if (failure === undefined) return count;
  process.stdout.write(`${failure}\n`);
  throw new Error(failure);
}
