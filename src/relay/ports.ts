import type { PropertyValue } from './property-value.js';

/** A message as it is written to the target: the parts of an AMQP message that outlive the way there. */
export interface RelayMessage {
  /** With bodyType `data` the device's own bytes. */
  body: unknown;
  bodyType: 'data' | 'sequence' | 'value';
  applicationProperties: Record<string, PropertyValue>;
  /** message-id, correlation-id, content-type, content-encoding, ... as the hub told them. */
  properties: Readonly<Record<string, unknown>>;
}

/** Messages for one partition of the target which are sent as one. */
export interface TargetBatch {
  /** False: it does not fit any more; into an empty batch: never will. Throws AppError `targetRefused` for what has no encoding. */
  tryAdd(message: RelayMessage): boolean;
}

/** The stable Event Hub. Every call has a deadline and ends in an AppError: `targetUnavailable` (waits) or `targetRefused` (never will). */
export interface RelayTargetPort {
  /** Ascending. Read once. */
  partitionIds(options: { abortSignal: AbortSignal }): Promise<readonly string[]>;
  openBatch(partitionId: string, options: { abortSignal: AbortSignal }): Promise<TargetBatch>;
  /** Resolves when the target has acknowledged all of it. After a rejection the same batch may be sent again. */
  send(batch: TargetBatch, options: { abortSignal: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}

/** Keeps the bytes of what the target will never take. Rejects with an AppError of the storage. */
export interface RelayParkPort {
  park(item: {
    source: string;
    sequence: string;
    reason: 'refusedByTarget';
    body: Uint8Array;
    properties?: Record<string, string>;
  }): Promise<void>;
}
