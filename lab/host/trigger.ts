import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RegisteredFunction } from './core-state.js';
import type { HostConfig } from './host-config.js';
import type { HostLog, Invoker } from './invoke.js';
import type { HostKeys } from './keys.js';
import type { Settings } from './settings.js';

/** What differs between a rehearsal and the real host: only times, never rules. */
export interface HostTuning {
  /** How long a received queue message stays invisible while it is worked on. Default 600000, as in the real extension. */
  queueLeaseInMs: number;
  /** How often partitions are balanced. Default 1000 (real: 30 s). */
  loadBalancingInMs: number;
  /** After which a partition of a dead host is free again. Default 5000 (real: 2 minutes). */
  ownershipExpiryInMs: number;
  /** How long `close` waits for invocations that run. Default 10000. */
  stopLimitInMs: number;
}

export const defaultTuning: HostTuning = {
  queueLeaseInMs: 600_000,
  loadBalancingInMs: 1_000,
  ownershipExpiryInMs: 5_000,
  stopLimitInMs: 10_000,
};

/** What every trigger gets. */
export interface TriggerContext {
  readonly config: HostConfig;
  readonly settings: Settings;
  readonly keys: HostKeys;
  readonly tuning: HostTuning;
  readonly invoker: Invoker;
  readonly log: HostLog;
  /** Aborts when the host begins to stop. */
  readonly stopping: AbortSignal;
}

/** A listener that runs beside the HTTP server. */
export interface Listener {
  start(): Promise<void>;
  /** Waits for invocations that run, at most `stopLimitInMs`. */
  stop(): Promise<void>;
}

/** What answers an HTTP request, if it is for this kind of trigger. */
export type RequestHandler = (request: IncomingMessage, url: URL, response: ServerResponse) => Promise<boolean>;

/** The functions of one trigger type. */
export type FunctionsOfType = readonly RegisteredFunction[];
