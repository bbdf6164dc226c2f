import type { Clock } from '../clock.js';
import type { HubRole } from '../hub-model.js';
import { lookAt, partsOf, type Sightings } from './instances.js';
import type { BudgetRow, BudgetStorePort } from './ports.js';
import { allowance, dayOf, wish } from './quota.js';

export interface InstanceBudgetOptions {
  hub: HubRole;
  instanceId: string;
  store: BudgetStorePort;
  clock: Clock;
  /** Messages of a UTC day that all instances together may use. */
  messagesPerDay: number;
  /** Partitions that this process reads now. */
  countPartitions: () => number;
  /** How often the instances look at each other. Default 2000. */
  intervalInMs?: number;
}

interface Parts {
  twin: number;
  identity: number;
}

export interface InstanceBudget {
  /** Looks at the other instances where that is due. Rejects with storageUnavailable when it can't be told any more. */
  parts(): Promise<Parts>;
  /** Takes messages of the day's quota; false: they are not ours to take. Rejects with storageUnavailable. */
  take(messages: number): Promise<boolean>;
  /** Counts what was used already; below 0: gives back what was taken and not used. */
  add(messages: number): void;
  /** Writes down what was used last. */
  flush(): Promise<void>;
}

/** One instance's part of one hub's budgets (docs/decisions/0006). Does nothing before the first question. */
export function createInstanceBudget(options: InstanceBudgetOptions): InstanceBudget {
  const { hub, instanceId, store, clock, messagesPerDay, countPartitions, intervalInMs = 2000 } = options;
  let beat = 0;
  let day = dayOf(clock.now());
  let used = 0;
  let [wished, mayUse] = [0, 0];
  // Until the others are known there are none; what an instance wishes in vain their rows refuse.
  let parts: Parts = { twin: 1, identity: 1 };
  let others: BudgetRow[] = [];
  let sightings: Sightings = new Map();
  let reportedAtInMs = -Infinity;
  let reporting: Promise<unknown> | undefined;

  const ageInMs = () => clock.monotonicInMs() - reportedAtInMs;
  // The others count this instance's part as free after three intervals without a beat.
  const isValid = () => ageInMs() < 2 * intervalInMs;

  const turnDay = () => {
    const today = dayOf(clock.now());
    if (today !== day) [day, used, mayUse, reportedAtInMs] = [today, 0, 0, -Infinity];
  };
  const wishNow = () => wish({ limit: messagesPerDay, day, ownUsed: used, others, part: parts.twin });
  /** Resolves with the number of the others that are alive. */
  const exchange = async (): Promise<number> => {
    const [startedAtInMs, ownDay] = [clock.monotonicInMs(), day];
    const weight = Math.max(1, countPartitions());
    wished = wishNow();
    // Lowered before the others are told, raised after; the others may have taken what one without a part had.
    mayUse = isValid() ? Math.min(mayUse, wished) : 0;
    const row = { instanceId, beat: (beat += 1), at: clock.now(), day: ownDay, used, upTo: wished, weight };
    others = (await store.report(hub, row)).filter((other) => other.instanceId !== instanceId);
    const nowInMs = clock.monotonicInMs();
    const look = lookAt(others, sightings, { nowInMs, now: clock.now(), intervalInMs });
    sightings = look.sightings;
    parts = partsOf(weight, look.live);
    if (ownDay === day) {
      mayUse = allowance({ limit: messagesPerDay, day, wished, others, live: look.live });
      reportedAtInMs = startedAtInMs;
    }
    return look.live.length;
  };
  const report = async () => {
    const isNew = !isValid();
    const live = await exchange();
    if (!isNew || live === 0) return;
    // The others have split everything among themselves: one interval later each of them has seen this instance.
    reportedAtInMs = -Infinity;
    await clock.sleep(intervalInMs);
    await exchange();
  };
  // One after the other: an older answer must not raise what a newer report has lowered.
  const once = (exchanging: () => Promise<unknown>) =>
    (reporting ??= exchanging().finally(() => (reporting = undefined)));
  const reportOnce = () => once(report);

  return {
    async parts() {
      turnDay();
      if (!isValid()) await reportOnce();
      else if (ageInMs() >= intervalInMs) {
        // While the parts are valid nobody waits for the next ones, and whoever finds them expired meets the error himself.
        reportOnce().catch(() => undefined);
      }
      return parts;
    },
    async take(messages) {
      // All that it wished for is used, and more is its own: the others are told at once rather than with the next look.
      if (used + messages > mayUse && mayUse === wished && used + messages <= wishNow()) await once(exchange);
      if (used + messages > mayUse) return false;
      used += messages;
      return true;
    },
    add(messages) {
      used += messages;
    },
    async flush() {
      if (beat === 0) return;
      // Whoever asked for the report that is under way meets its error.
      await reporting?.catch(() => undefined);
      await once(exchange);
    },
  };
}
