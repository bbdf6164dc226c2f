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

/**
 * Up to which count this instance may go today before it looks at the others again. What is left of all instances' limit is split,
 * so that together they never pass it.
 */
export function allowance(options: {
  limit: number;
  day: string;
  ownUsed: number;
  others: readonly BudgetRow[];
  part: number;
}): number {
  const { limit, day, ownUsed, others, part } = options;
  const used = others.reduce((sum, row) => sum + (row.day === day ? row.used : 0), ownUsed);
  return ownUsed + Math.max(0, limit - used) * part;
}
