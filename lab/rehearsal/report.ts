import { writeFileSync } from 'node:fs';

export interface StageReport {
  stage: string;
  /** Since the failover was started. */
  atInMs: number;
  reason: string;
}

export interface ReaderReport {
  /** Distinct messages. */
  received: number;
  duplicates: number;
  /** What lies between two checkpoints, for each time that a partition may have changed hands, and what devices sent again. */
  duplicatesBound: number;
  outOfOrder: number;
  lostByUs: number;
}

export interface RehearsalReport {
  ok: boolean;
  seed: number;
  /** Why it is not ok. */
  problems: string[];
  stages: StageReport[];
  telemetry: {
    /** Distinct messages that devices sent. */
    sent: number;
    /** Of these, acknowledged by the hub. */
    acceptedByHub: number;
    /** Distinct messages in the stable Event Hub. */
    relayed: number;
    /** In the stable Event Hub more than once, of whatever cause: a device that sent again what the hub had, or the relay. */
    duplicates: number;
    /** Of `duplicates`, what devices sent again because the hub's acknowledgement was lost to them, at most. */
    sentAgain: number;
    /** Accepted, then gone with the old endpoint before anyone could read them. */
    lostByService: number;
    /** Accepted and readable, and yet in neither of the readers that should have them. */
    lostByUs: number;
  };
  /** Last message of the old endpoint to the first of the new one, by the hub's times. */
  gapInMs: number | null;
  /** First message available on the new endpoint -> handled by a consumer. */
  deliveryInMs: number | null;
  /** The bound on it: one poll of the watch and a second. */
  deliveryBoundInMs: number;
  relay: ReaderReport;
  consumers: ReaderReport | null;
  generations: { number: number; endpoint: string; state: string; startedAt: string; firstEventAt: string | null }[];
}

export const writeRehearsalReport = (file: string, report: RehearsalReport): void =>
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
