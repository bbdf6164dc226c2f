import { writeFileSync } from 'node:fs';

export interface StepReport {
  name: string;
  ok: boolean;
  elapsedInMs: number;
  detail: string;
}

export interface Totals {
  devices: number;
  modules: number;
  /** Twin changes that the primary hub has acknowledged and routed. */
  twinChanges: number;
  differences: number;
  /** Events that the app has put aside, from its health. */
  parked: number;
  /** Identities whose acknowledged state is not on the secondary, and for which nothing is parked. */
  lost: number;
}

export interface DemoReport {
  ok: boolean;
  seed: number;
  steps: StepReport[];
  totals: Totals;
}

export const writeReport = (file: string, report: DemoReport): void =>
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
