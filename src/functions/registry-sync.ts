import type { EventGridHandler } from '@azure/functions';
import { runWithLog } from './invocation-log.js';

/** Event Grid, DeviceCreated and DeviceDeleted of both hubs. Rejecting makes Event Grid deliver the event again. */
export const registrySyncHandler =
  (handleEvent: (event: unknown) => Promise<unknown>): EventGridHandler =>
  (event, context) =>
    runWithLog(context, async () => void (await handleEvent(event)));
