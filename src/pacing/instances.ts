import type { BudgetRow } from './ports.js';

/** When this process last saw another instance's beat change, by its own monotonic clock. */
export type Sightings = ReadonlyMap<string, { beat: number; seenAtInMs: number }>;

/** An instance without a new beat for so many intervals is gone. */
const GONE_AFTER_INTERVALS = 3;
/** A row seen for the first time is taken as alive unless it is older than any clock difference. */
const GONE_AFTER_IN_MS = 5 * 60_000;

/** Which of the others are alive. Wall clocks are used only where they cannot be wrong by enough to matter. */
export function lookAt(
  rows: readonly BudgetRow[],
  before: Sightings,
  options: { nowInMs: number; now: Date; intervalInMs: number },
): { sightings: Sightings; live: BudgetRow[] } {
  const { nowInMs, now, intervalInMs } = options;
  const sightings = new Map<string, { beat: number; seenAtInMs: number }>();
  const live: BudgetRow[] = [];
  for (const row of rows) {
    const known = before.get(row.instanceId);
    const old = Math.abs(now.getTime() - row.at.getTime()) > GONE_AFTER_IN_MS;
    const sighting =
      known?.beat === row.beat ? known : { beat: row.beat, seenAtInMs: known || !old ? nowInMs : -Infinity };
    sightings.set(row.instanceId, sighting);
    if (nowInMs - sighting.seenAtInMs < GONE_AFTER_INTERVALS * intervalInMs) live.push(row);
  }
  return { sightings, live };
}

/** This instance's parts of the hub's budgets: twins by partitions read, identities by head. The parts of all add up to 1. */
export function partsOf(ownWeight: number, others: readonly BudgetRow[]): { twin: number; identity: number } {
  const weights = others.reduce((sum, { weight }) => sum + weight, ownWeight);
  return { twin: ownWeight / weights, identity: 1 / (others.length + 1) };
}
