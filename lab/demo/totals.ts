import type { Difference } from '../compare/difference.js';
import { sumOf } from './app-client.js';
import type { Totals } from './report.js';
import { allDifferences, differingIdentities } from './snapshots.js';
import type { World } from './world.js';

/** What the primary has acknowledged is its state now: each identity that differs is lost, unless something of it may be among what was parked. */
export const countLost = (differences: readonly Difference[], parked: number): number =>
  Math.max(0, differingIdentities(differences).length - parked);

/** Undefined when the app gives no answer: then its process is gone, which a step has told. */
const readParked = async (world: World): Promise<number | undefined> => {
  try {
    return sumOf((await world.app.health()).parked);
  } catch (error) {
    console.error(`The app's health could not be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
};

const noTotals: Totals = { devices: 0, modules: 0, twinChanges: 0, differences: 0, parked: 0, lost: 0 };

export const readTotals = async (world: World): Promise<Totals> => {
  if (!world.isStarted()) return noTotals;
  const primary = world.lab.hub('primary').snapshot();
  const modules = primary.filter(({ identity }) => identity.moduleId !== undefined).length;
  const differences = allDifferences(world.lab);
  const parked = (await readParked(world)) ?? 0;
  return {
    devices: primary.length - modules,
    modules,
    twinChanges: world.twinChanges,
    differences: differences.length,
    parked,
    lost: countLost(differences, parked),
  };
};
