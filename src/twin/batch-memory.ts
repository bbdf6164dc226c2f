import { LRUCache } from 'lru-cache';
import { keyText, type IdentityKey } from '../hub-model.js';
import type { BatchContext } from './effects.js';
import { createTrails, judge, type Trail, type Trails } from './event-order.js';
import { parseEvent } from './parse-event.js';
import { planIdentity, type IdentityWork, type PlannedEvent } from './plan-identity.js';
import type { Place } from './position.js';
import type { DirtyReason, ParkReason, RawTwinEvent, SkipReason } from './ports.js';

/** A batch under way: what is left of it. */
export interface Batch {
  readonly works: IdentityWork[];
  /** Events that nothing can be done with; parked ones are taken off. */
  readonly unreadable: { raw: RawTwinEvent; reason: ParkReason; detail: string }[];
  readonly skips: SkipReason[];
  /** Identities to be repaired by state: a change of theirs was parked, or came out of order. Marked ones are taken off. */
  readonly marks: { key: IdentityKey; reason: DirtyReason }[];
  /** What will have been seen of each identity once the batch is done, by key. */
  readonly trails: ReadonlyMap<string, Trail>;
}

/** Decodes a batch and groups it by identity, in order. Of `seen` it only reads: a batch that is not done leaves nothing there. */
function planBatch(
  events: readonly RawTwinEvent[],
  sourceHubName: string,
  placeOf: (event: RawTwinEvent) => Place,
  seen: Pick<Trails, 'get'> = new Map<string, Trail>(),
): Batch {
  const groups = new Map<string, PlannedEvent[]>();
  const trails = new Map<string, Trail>();
  const marks = new Map<string, Batch['marks'][number]>();
  const mark = (key: IdentityKey, reason: DirtyReason) => marks.set(keyText(key), { key, reason });
  const unreadable: Batch['unreadable'] = [];
  const skips: SkipReason[] = [];
  for (const raw of events) {
    const event = parseEvent(raw, sourceHubName);
    if (event.kind === 'park') {
      unreadable.push({ raw, reason: event.reason, detail: event.detail });
      if (event.key) mark(event.key, 'unreadable');
    } else if (event.kind === 'skip') skips.push(event.reason);
    else if (placeOf(raw) === 'before') mark(event.key, 'outOfOrder');
    else {
      const id = keyText(event.key);
      const { judgement, trail } = judge(trails.get(id) ?? seen.get(id) ?? [], event);
      trails.set(id, trail);
      if (judgement === 'duplicate') skips.push('duplicate');
      else if (judgement === 'late') mark(event.key, 'outOfOrder');
      else groups.set(id, [...(groups.get(id) ?? []), { raw, event }]);
    }
  }
  const works = [...groups.values()].flatMap((group) => (group[0] ? [planIdentity(group[0].event.key, group)] : []));
  return {
    works,
    unreadable,
    skips: [...skips, ...works.flatMap((work) => work.skips)],
    marks: [...marks.values()],
    trails,
  };
}

/** More partitions than one process reads; one that is forgotten costs only that its batch is applied again. */
const MAX_PARTITIONS = 256;

/**
 * The held batch of each partition, so that finished work is not done again when the host delivers it again. Another batch of
 * the same partition takes its place.
 */
export function createBatchMemory(sourceHubName: string) {
  const held = new LRUCache<string, { id: string; batch: Batch }>({ max: MAX_PARTITIONS });
  const heldSince = new LRUCache<string, number>({ max: MAX_PARTITIONS });
  const seen = createTrails();
  const partitionOf = (context: BatchContext) => `${context.eventHubName}/${context.partitionId}`;
  return {
    /** `isNew`: not one that was held before. */
    open(
      events: readonly RawTwinEvent[],
      context: BatchContext,
      placeOf: (event: RawTwinEvent) => Place,
    ): { batch: Batch; isNew: boolean } {
      const id = identify(events);
      const known = held.get(partitionOf(context));
      if (known?.id === id) return { batch: known.batch, isNew: false };
      const batch = planBatch(events, sourceHubName, placeOf, seen);
      held.set(partitionOf(context), { id, batch });
      return { batch, isNew: true };
    },
    /**
     * How long the partition has been holding, in milliseconds of monotonic time. Over batches: an outage that has used up its
     * limit once must not make each batch behind it wait as long again. A batch without a hold starts anew.
     */
    heldFor(context: BatchContext, isHeld: boolean, nowInMs: number): number {
      const partition = partitionOf(context);
      if (!isHeld) heldSince.delete(partition);
      else if (!heldSince.has(partition)) heldSince.set(partition, nowInMs);
      return nowInMs - (heldSince.get(partition) ?? nowInMs);
    },
    /** Another has worked on the partition: a batch that was half done here is to be done from its beginning. */
    forget: (context: BatchContext): void => void held.delete(partitionOf(context)),
    close: (context: BatchContext, batch: Batch): void => {
      held.delete(partitionOf(context));
      for (const [id, trail] of batch.trails) seen.set(id, trail);
    },
  };
}

const identify = (events: readonly RawTwinEvent[]): string => {
  const bytes = events.reduce((sum, { body }) => sum + body.byteLength, 0);
  return [events[0]?.sequenceNumber, events.at(-1)?.sequenceNumber, events.length, bytes].join(' ');
};
