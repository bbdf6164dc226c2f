/** Outages and bad answers that can be played, and what a server asks of them. */
import type { HubRole } from '../hub/contract.js';

/** `events`: a hub's built-in endpoint. `arm`: Azure Resource Manager, at a place of the same name. */
export type Plane = 'https' | 'amqp' | 'mqtt' | 'events' | 'arm' | StoragePlane;
export type StoragePlane = 'blob' | 'queue' | 'table';
/**
 * On every plane: `stop`: the port is closed and connections are cut. `refuse`: new connections are cut. `blackHole`: connections stay open, new
 * ones are accepted, and no byte passes. `slow`: bytes trickle. `reset`: connections are cut in the middle of an answer.
 * Not on storage: `delay`: each request waits. `status`: a share answers it. `throttle`: a share answers 429 with Retry-After.
 * On https and arm only: `half`: half of an answer's body, then the end; what was asked is done, as with `reset`. `wrongType` (an HTML page) and
 * `empty`: something else answers in the hub's place, with success, and nothing is done.
 */
export type FaultKind =
  'stop' | 'refuse' | 'blackHole' | 'slow' | 'reset' | 'delay' | 'status' | 'throttle' | 'half' | 'wrongType' | 'empty';
export interface Fault {
  hub: HubRole | 'namespace' | 'storage' | 'arm';
  plane: Plane;
  kind: FaultKind;
  /** kind `status`: HTTP status, default 503; 429 comes with Retry-After. kind `empty`: 200 (default) or 204. */
  status?: number;
  /** 0..1, default 1. Drawn from a generator seeded by `seed`, for each request or, where there are none to see, for each piece of an answer. */
  share?: number;
  /** `slow`: in each direction of each connection, default 1000. */
  bytesPerSecond?: number;
  /** `delay`: how long each request waits (default 1000). Others: the fault ends by itself after this time (default: until removed). */
  forMs?: number;
  seed?: number;
}

/** The answer that a fault gives instead of the server; `instead`: with this body in place of the hub's own words. */
export interface FaultAnswer {
  status: number;
  instead?: 'html' | 'nothing';
  /** Default: that it is a fault. Never of a body given by `instead`. */
  message?: string;
}

/** What a server asks per request. */
export interface FaultGate {
  /** The answer to give instead, if any, after having waited what a `delay` asks. */
  before(hub: Fault['hub'], plane: Plane): Promise<FaultAnswer | undefined>;
  /** How to break the answer to what has been done. Absent: never. */
  damage?(hub: Fault['hub'], plane: Plane): 'half' | 'reset' | undefined;
}

/** A port whose outage can be played. */
export interface ControllableListener {
  readonly port: number;
  /** Closes the port and cuts every connection. */
  stop(): Promise<void>;
  /** Opens the same port again. */
  resume(): Promise<void>;
  /** While true new connections are cut at once. */
  setRefusing(refusing: boolean): void;
  /** What happens to the bytes that pass. Absent: this port cannot play it. */
  setShape?(shape: WireShape): void;
  close(): Promise<void>;
}

/** How bytes pass a port, on present connections and new ones. `{}`: freely. */
export interface WireShape {
  blackHole?: boolean;
  bytesPerSecond?: number;
  /** Asked for each piece of an answer: true cuts its connection in the middle of it. */
  cut?: () => boolean;
}
