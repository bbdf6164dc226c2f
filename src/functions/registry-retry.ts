import type { StorageQueueHandler } from '@azure/functions';
import { runWithLog } from './invocation-log.js';

/** Queue `registry-retry`. Rejecting leaves the message to the host's dequeue count, and in the end to the poison queue. */
export const registryRetryHandler =
  (handleMessage: (message: unknown) => Promise<unknown>): StorageQueueHandler =>
  (message, context) =>
    runWithLog(context, async () => void (await handleMessage(message)));
