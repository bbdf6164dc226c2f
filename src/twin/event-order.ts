import { LRUCache } from 'lru-cache';
import type { LifecycleChange, TwinChange } from './parse-event.js';

/**
 * `next`: newer than all that was seen of its identity. `duplicate`: seen before. `late`: older than the newest one and never
 * seen; applying it could undo what came after it, and dropping it could lose it, so its identity is repaired by state.
 */
export type Judgement = 'next' | 'duplicate' | 'late';

/** When a change was made, and the twin's version after it. Versions alone won't do: each life of an id counts from the start. */
interface Stamp {
  timeInMs: number;
  version: number;
}

/** What was seen of one identity: oldest first, the last is the newest. Never changed, so that a batch may be forgotten. */
export type Trail = readonly Stamp[];

/** A longer rewind than this is `late` in its first part: that costs a repair, no change. */
const MAX_SEEN = 64;

const isAfter = (a: Stamp, b: Stamp): boolean =>
  a.timeInMs > b.timeInMs || (a.timeInMs === b.timeInMs && a.version > b.version);

const append = (trail: Trail, stamp: Stamp): Trail => [...trail.slice(1 - MAX_SEEN), stamp];

/** Pure. An event that does not tell its time or version is taken as it comes. */
export function judge(trail: Trail, event: TwinChange | LifecycleChange): { judgement: Judgement; trail: Trail } {
  const timeInMs = event.operationTimestamp?.getTime();
  if (timeInMs === undefined) return { judgement: 'next', trail };
  // A life begins or ends: whatever comes from before it is late, and versions start again.
  if (event.kind === 'lifecycle') return { judgement: 'next', trail: startLife(trail, timeInMs) };
  if (event.version === undefined) return { judgement: 'next', trail };
  const stamp = { timeInMs, version: event.version };
  const newest = trail.at(-1);
  if (!newest || isAfter(stamp, newest)) return { judgement: 'next', trail: append(trail, stamp) };
  const seen = trail.some(({ timeInMs: time, version }) => time === stamp.timeInMs && version === stamp.version);
  return { judgement: seen ? 'duplicate' : 'late', trail };
}

/** A lifecycle event that comes again must not open the way for changes which are older than the newest one seen. */
const startLife = (trail: Trail, timeInMs: number): Trail => {
  const newest = trail.at(-1);
  return newest && newest.timeInMs > timeInMs ? trail : [{ timeInMs, version: 0 }];
};

/** Identities of which the latest changes are remembered; one that is forgotten is taken as it comes. About 10 MB at the most. */
const MAX_IDENTITIES = 10_000;

export const createTrails = () => new LRUCache<string, Trail>({ max: MAX_IDENTITIES });
export type Trails = Pick<LRUCache<string, Trail>, 'get' | 'set'>;
