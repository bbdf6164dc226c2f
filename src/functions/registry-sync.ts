import type { EventGridHandler } from '@azure/functions';
import { runWithLog } from './invocation-log.js';

/** Event Grid, DeviceCreated and DeviceDeleted of both hubs. Rejecting makes Event Grid deliver the event again. */
export const registrySyncHandler =
  (handleEvent: (event: unknown) => Promise<void>): EventGridHandler =>
  (event, context) =>
    runWithLog(context, () => handleEvent(event));
