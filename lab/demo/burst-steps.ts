import pLimit from 'p-limit';
import { DemoError } from './demo-error.js';
import { planBurst } from './random-change.js';
import type { DemoStep } from './run-steps.js';
import { applyChange } from './service-client.js';
import { allDifferences, describeDifferences } from './snapshots.js';
import { sumOf } from './app-client.js';
import { waitUntil } from './wait-until.js';
import type { World } from './world.js';

const changesPerIdentity = 8;
const passingDevices = 9;
/** Chains that run at the same time. */
const concurrency = 16;
const idleLimitInMs = 30_000;

/** Random changes on the whole fleet at once, then the proof: both hubs are equal and nothing was put aside. */
export const burstSteps = (world: World): DemoStep[] => [
  {
    name: 'Change the whole fleet at random',
    run: async (say) => {
      const { fleet, service, identities, options } = world;
      const chains = planBurst({
        identities: [...identities],
        canReport: () => true,
        changesPerIdentity,
        passingDevices,
        seed: options.seed,
      });
      let done = 0;
      const limit = pLimit(concurrency);
      await Promise.all(
        chains.map((chain) =>
          limit(async () => {
            for (const change of chain) {
              await applyChange(service.primary, (key, patch) => fleet.report(key, patch), change);
              done += 1;
              say(`${done} changes acknowledged`);
            }
          }),
        ),
      );
      return `${done} changes acknowledged by the primary hub (tags, desired, reported, creates, deletes)`;
    },
  },
  {
    name: 'Compare both hubs, field by field',
    run: async (say) => {
      const start = performance.now();
      await world.fleet.quiet();
      await untilEqual(world, say);
      const took = seconds(start);
      // Equal at one moment is not enough: what the app still repeats must leave them so.
      const idle = await untilIdle(world, say);
      await untilEqual(world, say);
      const { parked, poison } = await world.app.health();
      if (sumOf(parked) > 0 || (poison ?? 0) > 0)
        throw new DemoError('unexpectedAnswer', `the app put aside ${sumOf(parked)} events and ${poison} messages`);
      return `equal after ${took}, still so ${idle ? 'when the app had nothing left to do' : 'at the end'} (${seconds(start)}); nothing put aside`;
    },
  },
];

const seconds = (start: number): string => `${((performance.now() - start) / 1000).toFixed(1)} s`;

const untilEqual = (world: World, say: (text: string) => void): Promise<void> =>
  world.deadline.until(
    () => {
      const differences = allDifferences(world.lab);
      say(`${differences.length} differences left`);
      return differences.length === 0;
    },
    () => describeDifferences(allDifferences(world.lab)),
  );

/** False when the app's queue is not empty in time: some of its repetitions come late on purpose. */
const untilIdle = async ({ app, deadline, abortSignal }: World, say: (text: string) => void): Promise<boolean> => {
  const idle = await waitUntil(
    async () => {
      const { retryQueue, dirty } = await app.health();
      say(`the app still has ${retryQueue} messages in its queue and ${dirty} dirty ids`);
      return retryQueue === 0 && dirty === 0 ? true : undefined;
    },
    { limitInMs: Math.min(idleLimitInMs, deadline.remainingInMs() / 2), everyInMs: 250, abortSignal },
  );
  return idle === true;
};
