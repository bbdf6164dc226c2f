import type { HubRole } from '../hub-model.js';

/** What one instance tells the others of its use of one hub. */
export interface BudgetRow {
  instanceId: string;
  /** Grows with each report: age is told by it, not by clocks. */
  beat: number;
  at: Date;
  /** UTC day that `used` is of, `2026-01-31`. */
  day: string;
  /** Messages of the day's quota, as far as reported. */
  used: number;
  /** Up to which count of `used` this instance may go before its next report. */
  upTo: number;
  /** Partitions read lately, at least 1. */
  weight: number;
}

/** Shared by all instances. */
export interface BudgetStorePort {
  /** Writes the own row first, then reads all of that hub. Rejects with storageUnavailable. */
  report(hub: HubRole, row: BudgetRow): Promise<BudgetRow[]>;
}
