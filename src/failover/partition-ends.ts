import type { PartitionEnd } from './ports.js';
import type { WatchedGeneration } from './watch-state.js';

/** A dead endpoint is asked for a tenth of the time at the most. */
const PAUSES = 10;

/** The endpoint did not answer the last look, and is left alone for a while. */
export const isLeftAlone = ({ ends }: WatchedGeneration, now: Date): boolean =>
  ends?.askAgainAt !== undefined && Date.parse(ends.askAgainAt) > now.getTime();

/** A generation with what a look at its endpoint showed. `seen` undefined: the endpoint did not answer for `timeoutInMs`. */
export function noteEnds(
  generation: WatchedGeneration,
  seen: readonly PartitionEnd[] | undefined,
  now: Date,
  timeoutInMs: number,
): WatchedGeneration {
  const { askAgainAt: _askAgainAt, ...known } = generation.ends ?? { partitions: [] };
  if (seen === undefined) {
    const askAgainAt = new Date(now.getTime() + PAUSES * timeoutInMs).toISOString();
    return { ...generation, ends: { ...known, askAgainAt } };
  }
  const at = now.toISOString();
  const before = new Map(known.partitions.map((end) => [end.partitionId, end]));
  const partitions = seen.map((end) => {
    const old = before.get(end.partitionId);
    return { ...end, since: old?.last === end.last ? old.since : at };
  });
  return { ...generation, ends: { at, partitions } };
}

/** Ends that two looks agree on, the later one after this moment. `undefined`: not known of each partition yet. */
export function settledEnds({ ends, partitionIds }: WatchedGeneration, after: string): PartitionEnd[] | undefined {
  const at = ends?.at === undefined ? Number.NaN : Date.parse(ends.at);
  if (ends === undefined || !(at > Date.parse(after))) return undefined;
  const settled = ends.partitions.filter(({ since }) => Date.parse(since) < at);
  const has = (id: string) => settled.some(({ partitionId }) => partitionId === id);
  return settled.length > 0 && settled.length === ends.partitions.length && partitionIds.every(has)
    ? settled
    : undefined;
}
