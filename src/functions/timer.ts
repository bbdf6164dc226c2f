import type { TimerHandler } from '@azure/functions';
import { runWithLog } from './invocation-log.js';

/** A timer. Rejecting leaves the work to its next run. */
export const timerHandler =
  (work: () => Promise<unknown>): TimerHandler =>
  (_timer, context) =>
    runWithLog(context, async () => void (await work()));
