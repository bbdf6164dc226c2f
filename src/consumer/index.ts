/**
 * "./consumer": reads the telemetry of an IoT Hub's built-in endpoint through the hub's failovers. docs/consumers.md is its guide.
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
