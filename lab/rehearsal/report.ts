import { writeFileSync } from 'node:fs';
import type { Delivery } from './deliveries.js';
import type { Damaged } from './reader-log.js';

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
  /** What devices sent again, and for each time that a partition changed hands what lies between two checkpoints: lab/rehearsal/duplicates-bound.ts. */
  duplicatesBound: number;
  /** Seen for the first time behind a later one of its device and generation. */
  outOfOrder: number;
  lostByUs: number;
  /** Messages that came otherwise than a device sent them, by the part that differs. */
  damaged: Damaged;
  /** Messages that nothing tells the number of. */
  unidentified: number;
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
    /** Accepted, then gone unread with an endpoint that held them for less than `deliveryBoundInMs`. */
    lostByService: number;
    /** Accepted and readable, and yet not with a reader that should have them: of the reader that lacks most. */
    lostByUs: number;
  };
  /** Last message of the old endpoint to the first of the new one, by the hub's times: the longest of all failovers. */
  gapInMs: number | null;
  /** First message available on the new endpoint -> handled by a consumer, or without consumers in the stable Event Hub: the longest. */
  deliveryInMs: number | null;
  /** The bound on it: one poll of the watch, and a second times `slowness`. */
  deliveryBoundInMs: number;
  /** How much longer than alone work took on this machine in the slowest two seconds; 1 on an idle one. */
  slowness: number;
  /** One for each failover that came to its end. */
  deliveries: Delivery[];
  relay: ReaderReport;
  consumers: ReaderReport | null;
  generations: { number: number; endpoint: string; state: string; startedAt: string; firstEventAt: string | null }[];
}

export const writeRehearsalReport = (file: string, report: RehearsalReport): void =>
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
