import { untilCopiesAreOld } from '../integration/support/rig.js';
import { startChaosRig } from './chaos-rig.js';
import { historyOf } from './history.js';
import { play, settle, verdictOf, type Played, type Verdict } from './play.js';

interface SeedResult extends Verdict {
  seed: number;
}

/** Many identities at once, on a machine that may be busy. */
export const settleBoundInMs = 180_000;

/** The command that plays one seed again. */
const againWith = (seed: number): string => `CHAOS_SEED=${seed} npx vitest run --project long test/long/chaos.test.ts`;

/** Several seeds, one after the other, on one laboratory: each has devices of its own, and all stay equal to the end. */
export interface ChaosRun extends AsyncDisposable {
  /** Plays one seed's history; resolves when all is equal again, or the bound has passed. A failure is printed with its command. */
  seed(seed: number): Promise<SeedResult>;
}

/** All fleets are made, and are equal, before the first history begins. */
export async function startChaosRun(seeds: readonly number[], boundInMs: number): Promise<ChaosRun> {
  const rig = await startChaosRig();
  const histories = new Map(seeds.map((seed) => [seed, historyOf(seed)]));
  const reporters = new Set([...histories.values()].flatMap((history) => [...history.reporters]));
  const played: Played[] = [];
  const verdict = (bound: number) => verdictOf(rig, played, (deviceId) => reporters.has(deviceId), bound);
  try {
    for (const history of histories.values()) settle(rig, history);
    const { silent, left } = await verdict(settleBoundInMs);
    if (silent.length > 0 || left !== '')
      throw new Error(`the fleets did not become equal: ${left} ${silent.slice(0, 5).join('; ')}`);
    await untilCopiesAreOld();
    rig.disturb();
  } catch (error) {
    await rig[Symbol.asyncDispose]();
    throw error;
  }
  return {
    async seed(seed) {
      played.push(await play(rig, histories.get(seed) ?? historyOf(seed)));
      const end = await verdict(boundInMs);
      if (!isGood(end))
        process.stdout.write(
          `chaos seed ${seed} differs; again with: ${againWith(seed)}\n${JSON.stringify(end, undefined, 1)}\n`,
        );
      return { seed, ...end };
    },
    [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
  };
}

/** A message that waits for its time, minutes later, is told in health and no difference. */
export const isGood = ({ silent, left }: Verdict): boolean => silent.length === 0 && /^(retryQueue \d+)?$/.test(left);
