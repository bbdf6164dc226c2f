/**
 * "./consumer": reads the telemetry of an IoT Hub's built-in endpoint through the hub's failovers. docs/consumers.md is its guide.
 *
 * The files, from what a user calls down to what the SDK is told:
 * - processor, options, contract: the whole; generation-plan: which generations a process reads.
 * - follow-app; follow-arm with arm-*: where generations come from. progress-teller: what is told back.
 * - generation-reader, generation-link, client: one generation, one SDK client at a time. supervise: makes it anew or ends it,
 *   by health, life-signs, lag-watch, endpoint-look, drain and claims.
 * - generation-store, start-of-partition, start-position, repeat-filter: checkpoints of one generation, and where it begins.
 * - partition-set, partition-reading, deliver, turns: one partition's events to the handlers, in order, with attempts and parking.
 * - checkpoint-policy, write-position, last-seen-*: what is kept of a position.
 * - shared-key, sdk-errors, mend-amqp, pauses: help for all of them.
 */
import type { FailoverEventProcessor, FailoverEventProcessorOptions } from './contract.js';
import { createProcessor } from './processor.js';

export type * from './contract.js';
export type {
  ConsumersDocument,
  EventHubEndpoint,
  FailoverStage,
  Generation,
  Progress,
} from '../consumers-document.js';
export { AppError, isAppError, type ErrorCode } from '../errors.js';
export { followApp, type FollowAppOptions } from './follow-app.js';
export { followArm, type FollowArmOptions } from './follow-arm.js';
export { blobLastSeenStore } from './last-seen-blob.js';
export { memoryLastSeenStore } from './last-seen-memory.js';

/** Throws AppError `invalidSettings`. Nothing is read before `start`. */
export const createFailoverEventProcessor = (options: FailoverEventProcessorOptions): FailoverEventProcessor =>
  createProcessor(options);
