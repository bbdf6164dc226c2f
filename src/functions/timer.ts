import type { TimerHandler } from '@azure/functions';
import { runWithLog } from './invocation-log.js';

/** A timer. Rejecting leaves the work to its next run. */
export const registrySweepHandler =
  (sweep: () => Promise<unknown>): TimerHandler =>
  (_timer, context) =>
    runWithLog(context, async () => void (await sweep()));
