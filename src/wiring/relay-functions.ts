import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { startOnce } from '../azure/start-once.js';
import type { Clock } from '../clock.js';
import { runWithLog } from '../functions/invocation-log.js';
import {
  keepSlots,
  relayOrchestrator,
  relaySliceHandler,
  sliceActivity,
  sliceOrchestrator,
} from '../functions/relay-slices.js';
import { defectFields, type Logger } from '../log-events.js';
import { createRelayLease } from '../relay/lease.js';
import type { RunningRelay } from '../relay/relay.js';
import { GRACE_IN_MS, RENEW_EVERY_IN_MS } from '../relay/slice-times.js';
import { runSlice } from '../relay/slice.js';
import type { RelaySettings } from '../settings/relay.js';

export interface RelayFunctionsOptions {
  relay: RelaySettings;
  /** Starts the processors of this process. */
  start: () => RunningRelay;
  clock: Clock;
  logger: Logger;
}

/** The feature `relay`: `relayKeeper`, `relayOrchestrator` and `relaySlice`. */
export function registerRelayFunctions({ relay, start, clock, logger }: RelayFunctionsOptions): void {
  const lease = createRelayLease({
    start,
    clock,
    graceInMs: GRACE_IN_MS,
    onError: (error) => logger.event('error', 'defect', defectFields(error)),
  });
  const slice = { lease, clock, slots: relay.slots, sliceInMs: relay.sliceInMs, renewEveryInMs: RENEW_EVERY_IN_MS };
  df.app.orchestration(sliceOrchestrator, relayOrchestrator);
  df.app.activity(sliceActivity, { handler: relaySliceHandler((slot) => runSlice(slot, slice)) });
  app.timer('relayKeeper', {
    schedule: '30 * * * * *',
    runOnStartup: true,
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) =>
      runWithLog(context, () => keepSlots(startOnce.bind(undefined, df.getClient(context)), relay.slots)),
  });
  // A worker that is told to end has a few seconds: messages on their way arrive, checkpoints are written, partitions are free at once.
  app.hook.appTerminate(() => lease.stop('appStops'));
}
