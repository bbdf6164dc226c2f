import type { RawTwinEvent, Reached } from './ports.js';

/**
 * `new`: to be applied. `applied`: done before. `before`: older than what was applied, and nobody knows whether it was: applying
 * it now could undo what came after it.
 */
export type Place = 'new' | 'applied' | 'before';

export const sequenceOf = ({ sequenceNumber }: Pick<RawTwinEvent, 'sequenceNumber'>): bigint | undefined =>
  /^\d+$/.test(sequenceNumber) ? BigInt(sequenceNumber) : undefined;

/**
 * Where an event stands to what was reached in its partition. Sequence numbers begin anew when an event hub is deleted and made
 * again, times don't: what was enqueued later than anything applied is new, whatever its number. So is what tells neither.
 */
export function placeOf(event: RawTwinEvent, reached: Reached | undefined): Place {
  const sequence = sequenceOf(event);
  if (reached === undefined || sequence === undefined || event.enqueuedAt === undefined) return 'new';
  if (event.enqueuedAt > reached.enqueuedAt || sequence > BigInt(reached.to)) return 'new';
  return sequence >= BigInt(reached.from) ? 'applied' : 'before';
}

/** What is reached once `events`, in their order, are done too. */
export function advance(reached: Reached | undefined, events: readonly RawTwinEvent[]): Reached | undefined {
  let now = reached;
  for (const event of events) {
    const sequence = sequenceOf(event);
    if (sequence === undefined || event.enqueuedAt === undefined || placeOf(event, now) !== 'new') continue;
    const to = String(sequence);
    const goesOn = now !== undefined && sequence === BigInt(now.to) + 1n;
    const isAhead = now !== undefined && sequence > BigInt(now.to) && now.enqueuedAt > event.enqueuedAt;
    // A gap or another beginning: what lies before it was not seen, and must not pass for applied.
    now = { from: goesOn && now ? now.from : to, to, enqueuedAt: isAhead && now ? now.enqueuedAt : event.enqueuedAt };
  }
  return now;
}
