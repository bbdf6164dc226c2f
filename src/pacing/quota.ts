import type { BudgetRow } from './ports.js';

/** IoT Hub pricing: twin reads and writes are charged in steps of 4 KB, at least one. */
const STEP_IN_BYTES = 4096;

/** Messages that reading or writing this document is charged as. */
export const messagesOf = (document: object): number =>
  Math.max(1, Math.ceil(Buffer.byteLength(JSON.stringify(document)) / STEP_IN_BYTES));

/** The quota's day: UTC. */
export const dayOf = (time: Date): string => time.toISOString().slice(0, 10);

export const nextDayOf = (time: Date): number =>
  Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate() + 1);

/** Of the day's limit an instance reserves at most so much until it looks at the others again: an idle one keeps little from them. */
const RESERVED_AT_ONCE = 1 / 20;
/** Smaller limits are not worth dividing. */
const RESERVED_AT_LEAST = 100;

/** Up to which count an instance asks to go today before it looks at the others again: its part of what nobody has used yet. */
export function wish(options: {
  limit: number;
  day: string;
  ownUsed: number;
  others: readonly BudgetRow[];
  part: number;
}): number {
  const { limit, day, ownUsed, others, part } = options;
  const used = others.reduce((sum, row) => sum + (row.day === day ? row.used : 0), ownUsed);
  const left = Math.max(0, limit - used);
  return ownUsed + Math.min(left * part, Math.max(limit * RESERVED_AT_ONCE, RESERVED_AT_LEAST));
}

/**
 * How far an instance may go whose wish the others can read. Of two that wish at once at least one reads the other's row after both
 * are written, so that together they never pass the limit, however old the rest of what they read is. One that is gone takes no more
 * than it has used.
 */
export function allowance(options: {
  limit: number;
  day: string;
  wished: number;
  others: readonly BudgetRow[];
  live: readonly BudgetRow[];
}): number {
  const { limit, day, wished, others, live } = options;
  const taken = others
    .filter((row) => row.day === day)
    .reduce((sum, row) => sum + (live.includes(row) ? Math.max(row.used, row.upTo) : row.used), 0);
  return Math.min(wished, limit - taken);
}
