import pLimit, { type LimitFunction } from 'p-limit';
import { AppError, isAppError } from '../errors.js';
import { createBatchMemory, type Batch } from './batch-memory.js';
import { createCopyMemory } from './copy-look.js';
import { createEffects, type BatchContext, type Effects, type ReplayerOptions } from './effects.js';
import { causeFields, isUnlimited, type Hold } from './hold.js';
import { createPartitionFence, type Entrance } from './partition-fence.js';
import type { IdentityWork } from './plan-identity.js';
import type { RawTwinEvent } from './ports.js';
import { dropWork, workOff } from './write-identity.js';

export interface TwinReplayer {
  /**
   * Applies one batch of one partition to the other hub. Resolves when every event is applied, skipped, parked or left to repair
   * by state. Rejects with `held` when some must wait: the same batch must be delivered again, and goes on where it stopped.
   */
  replayBatch(events: RawTwinEvent[], context: BatchContext): Promise<void>;
}

export function createTwinReplayer(options: ReplayerOptions): TwinReplayer {
  const { clock, counters, logger } = options;
  const memory = createBatchMemory(options.sourceHubName);
  // Apart, so that slow connections of devices never take the place of desired properties of another partition.
  const limits = { writes: pLimit(options.concurrency), reported: pLimit(options.concurrency) };

  const fence = createPartitionFence(options);
  const copies = createCopyMemory();

  const replay = async (events: readonly RawTwinEvent[], context: BatchContext): Promise<void> => {
    const startedAtInMs = clock.monotonicInMs();
    const entrance = await enter(events, context);
    if (entrance.isAnothers) memory.forget(context);
    const { batch, isNew } = memory.open(entrance.events, context, entrance.placeOf);
    if (isNew) {
      for (const reason of batch.skips) counters.skipped(reason);
      if (entrance.events.length < events.length)
        counters.skipped('alreadyApplied', events.length - entrance.events.length);
    }
    let newest: Date | undefined;
    const fx = createEffects({ ...options, copies }, context, entrance.turn, (time) => {
      if (time && (!newest || time > newest)) newest = time;
    });

    const holds = await workOffBatch(batch, limits, fx);
    if (newest) counters.lag(Math.max(0, clock.now().getTime() - newest.getTime()));
    const heldForInMs = memory.heldFor(context, holds.size > 0, clock.monotonicInMs());
    const held = await endHolds(heldForInMs, holds, fx);
    if (held) {
      await entrance.turn.release();
      tellHold(held, events, context, holds.size);
    }
    // Before the trigger hears that it is done: a checkpoint must not be ahead of what was reached.
    const notEnded = await entrance.turn.end();
    if (notEnded) tellHold(notEnded, events, context, 0);
    counters.held(partitionOf(context), undefined);
    memory.close(context, batch);
    const elapsedInMs = clock.monotonicInMs() - startedAtInMs;
    logger.event('info', 'twin.batch', { ...fieldsOf(events, context), identities: batch.works.length, elapsedInMs });
  };

  const enter = async (events: readonly RawTwinEvent[], context: BatchContext): Promise<Entrance> => {
    try {
      return await fence.enter(events, context);
    } catch (cause) {
      if (!isAppError(cause)) throw cause;
      return tellHold({ reason: 'storageAway', hubWide: true, cause }, events, context, 0);
    }
  };

  /** Rejects with `held`. What is another instance's is no hold of this one: it may never hear of that partition again. */
  const tellHold = (hold: Hold, events: readonly RawTwinEvent[], context: BatchContext, identities: number): never => {
    const { reason, cause } = hold;
    const oldest = oldestOf(events) ?? clock.now();
    counters.held(partitionOf(context), reason === 'partitionElsewhere' ? undefined : { reason, oldest });
    logger.event('warn', 'twin.held', { ...fieldsOf(events, context), reason, identities, ...causeFields(cause) });
    throw new AppError('held', `the batch must wait: ${reason}`, { retryable: true, cause });
  };

  return { replayBatch: (events, context) => fence.inOrder(context, () => replay(events, context)) };
}

const partitionOf = ({ eventHubName, partitionId }: BatchContext): string => `${eventHubName}/${partitionId}`;

const fieldsOf = (events: readonly RawTwinEvent[], { eventHubName, partitionId }: BatchContext) => ({
  eventHub: eventHubName,
  partition: partitionId,
  events: events.length,
});

const oldestOf = (events: readonly RawTwinEvent[]): Date | undefined =>
  events.find(({ enqueuedAt }) => enqueuedAt !== undefined)?.enqueuedAt;

/** What waits, and why. `unreadable` stands for the events that could not be parked, `marks` for what could not be marked. */
type Holds = Map<IdentityWork | 'unreadable' | 'marks', Hold>;

/** Uploads and marks at once. They wait for the storage account only. */
const RECORDS_AT_ONCE = 16;

async function workOffBatch(
  batch: Batch,
  limits: Record<'writes' | 'reported', LimitFunction>,
  fx: Effects,
): Promise<Holds> {
  const holds: Holds = new Map();
  // Beside the changes: a flood of events that nobody can read must not keep the others waiting.
  const records = recordAll(batch, fx);
  const met = new Set<IdentityWork>();
  let stop: Hold | undefined;
  for (const queue of ['writes', 'reported'] as const) {
    const ready = batch.works.filter((work) => work[queue].length > 0 && !holds.has(work));
    await limits[queue].map(ready, async (work) => {
      if (stop) {
        holds.set(work, stop);
        return;
      }
      const hold = await workOff(work, queue, fx);
      if (!hold) return;
      holds.set(work, hold);
      met.add(work);
      if (hold.hubWide) stop = hold;
    });
  }
  const { unreadable, marks } = await records;
  if (unreadable) holds.set('unreadable', unreadable);
  if (marks) holds.set('marks', marks);
  // Next time those come last: one identity that fails for ever must not keep the others from being tried.
  batch.works.sort((a, b) => Number(met.has(a)) - Number(met.has(b)));
  return holds;
}

async function recordAll(batch: Batch, fx: Effects): Promise<Record<'unreadable' | 'marks', Hold | undefined>> {
  const limit = pLimit(RECORDS_AT_ONCE);
  const [unreadable, marks] = await Promise.all([
    takeOff(batch.unreadable, limit, ({ raw, reason, detail }) => fx.keep([raw], reason, detail)),
    takeOff(batch.marks, limit, ({ key, reason }) => fx.mark(key, reason)),
  ]);
  return { unreadable, marks };
}

/** Takes off what is done. After a hold no other is begun. */
async function takeOff<T>(
  items: T[],
  limit: LimitFunction,
  work: (item: T) => Promise<Hold | undefined>,
): Promise<Hold | undefined> {
  let stop: Hold | undefined;
  const left = await limit.map(items, async (item) => {
    const hold = stop ?? (await work(item));
    stop ??= hold;
    return hold ? [item] : [];
  });
  items.splice(0, items.length, ...left.flat());
  return stop;
}

const IDENTITY_HOLD_LIMIT_IN_MS = 60_000;

const limitOf = ({ writes }: IdentityWork, { reason, hubWide }: Hold, fx: Effects): number => {
  const { holdLimitInMs, identityHoldLimitInMs = IDENTITY_HOLD_LIMIT_IN_MS } = fx;
  if (isUnlimited(reason)) return Infinity;
  const isItsOwn = reason.startsWith('target') && (writes.length === 0 || !hubWide);
  return isItsOwn ? Math.min(identityHoldLimitInMs, holdLimitInMs) : holdLimitInMs;
};

/** Past the limit, what may end is left to repair by state. Resolves with a hold that remains. */
async function endHolds(heldForInMs: number, holds: Holds, fx: Effects): Promise<Hold | undefined> {
  for (const [work, hold] of holds) {
    if (typeof work === 'string' || heldForInMs <= limitOf(work, hold, fx)) continue;
    const notMarked = await fx.mark(work.key, work.writes.length === 0 ? 'reportedNotWritten' : 'holdLimit');
    if (notMarked) {
      holds.set(work, notMarked);
      continue;
    }
    fx.logger.event('warn', 'twin.resyncRequired', { hub: fx.source, ...work.key, reason: hold.reason });
    dropWork(work);
    holds.delete(work);
  }
  return holds.values().next().value;
}
