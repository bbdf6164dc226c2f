import { app, type HttpHandler, type InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { z } from 'zod';
import type { Services } from '../azure/connect-services.js';
import { createCanarySender } from '../azure/device/canary-sender.js';
import { createDurableEngine } from '../azure/durable-engine.js';
import { codeOf } from '../errors.js';
import { sendCanaries } from '../failover/canary.js';
import { watchCommands } from '../failover/commands.js';
import { keepWatches } from '../failover/keeper.js';
import { names } from '../failover/names.js';
import { upkeepInputSchema, upkeepOrchestrator, watchOrchestrator } from '../failover/orchestrators.js';
import type { WatchEnginePort } from '../failover/ports.js';
import { commandHandler } from '../functions/consumers-command.js';
import { lookHandler } from '../functions/consumers-look.js';
import { progressHandler } from '../functions/consumers-progress.js';
import { consumersHandler } from '../functions/consumers.js';
import { runWithLog } from '../functions/invocation-log.js';
import { timerHandler } from '../functions/timer.js';
import { deviceHostOf } from '../hub-name.js';
import { timerSchedule } from '../timer-schedule.js';
import type { Settings } from '../settings.js';
import { connectWatchedHubs, type WatchedHubs, type WatchedHubsOptions } from './watched-hubs.js';

export interface FailoverFunctionsOptions extends Omit<WatchedHubsOptions, 'failover' | 'services'> {
  settings: Pick<Settings, 'failover' | 'operatorKey' | 'hubs' | 'hubCallTimeoutInMs'>;
  services: Pick<Services, 'watches' | 'progress' | 'hubs'>;
}

/** Functions that start or tell orchestrations have this input beside their trigger. */
const client = df.input.durableClient();
const withClient = { extraInputs: [client] };

const hubSchema = z.object({ hub: z.string().min(1) });

/** What all of them share. `engineOf`: Durable Functions as one invocation reaches it. */
interface Shared extends FailoverFunctionsOptions {
  watched: WatchedHubs;
  engineOf: (context: InvocationContext) => WatchEnginePort;
}

function registerDurable({ watched, engineOf }: Shared): void {
  df.app.orchestration(names.watchOrchestrator, watchOrchestrator);
  df.app.orchestration(names.upkeepOrchestrator, upkeepOrchestrator);
  df.app.activity(names.roundActivity, {
    handler: (input, context) => runWithLog(context, () => watched.runRound(hubSchema.parse(input).hub)),
  });
  df.app.activity(names.upkeepActivity, {
    handler: (input, context) => runWithLog(context, () => watched.runUpkeep(upkeepInputSchema.parse(input))),
  });
  df.app.activity(names.startUpkeepActivity, {
    ...withClient,
    handler: (input, context) =>
      runWithLog(context, () => engineOf(context).startUpkeep(upkeepInputSchema.parse(input))),
  });
}

function registerTimers({ watched, engineOf, settings, services, clock, logger }: Shared): void {
  const hubs = watched.hubs.map(({ name }) => name);
  const { steadyInMs } = watched.times;
  app.timer('watchKeeper', {
    schedule: '0 * * * * *',
    runOnStartup: true,
    ...withClient,
    handler: (_timer, context) =>
      runWithLog(context, () =>
        keepWatches(
          {
            hubs,
            store: services.watches,
            clock,
            logger,
            staleAfterInMs: 2 * (steadyInMs + settings.failover.readTimeoutInMs),
            runRound: (hub) => watched.runRound(hub),
            runUpkeep: (what) => watched.runUpkeep(what),
          },
          engineOf(context),
        ),
      ),
  });

  const { canary: device } = settings.failover;
  if (!device) return;
  const named = settings.failover.watched.map(({ role, name, hostName }) => {
    const getIdentity = services.hubs[role].getIdentity.bind(services.hubs[role]);
    return [name, { hostName: deviceHostOf(hostName), getIdentity }] as const;
  });
  const canary = createCanarySender({
    deviceId: device.deviceId,
    hubs: Object.fromEntries(named),
    timeoutInMs: settings.hubCallTimeoutInMs,
  });
  app.timer('canary', {
    schedule: timerSchedule(device.everyInMs),
    handler: timerHandler(() => sendCanaries({ canary, logger }, hubs)),
  });
}

function registerHttp({ watched, engineOf, settings, services, clock, logger }: Shared): void {
  const { hubs, times } = watched;
  const { watches: store, progress } = services;
  const lookNow = (context: InvocationContext) => async (hub: string) => {
    try {
      await engineOf(context).look(hub);
    } catch (error) {
      logger.event('warn', 'failover.engineAway', { hub, code: codeOf(error) });
    }
  };
  const register = (name: string, path: string, method: 'GET' | 'POST', handler: HttpHandler, key = true) =>
    app.http(name, {
      route: `consumers/{hub}${path}`,
      methods: [method],
      authLevel: key ? 'function' : 'anonymous',
      ...(method === 'POST' ? withClient : {}),
      handler,
    });

  register('consumers', '', 'GET', consumersHandler({ hubs, store, progress }));
  register(
    'consumersProgress',
    '/progress',
    'POST',
    progressHandler((context) => ({
      hubs,
      store,
      progress,
      clock,
      logger,
      progressKey: settings.failover.progressKey,
      freshEndsOf: (hub) => watched.freshEndsOf(hub),
      lookNow: lookNow(context),
    })),
  );
  register(
    'consumersLook',
    '/look',
    'POST',
    lookHandler((context) => ({ hubs, engine: engineOf(context) })),
  );
  // The operator's key is asked for in there: an HTTP function has one level, and knows nothing of the keys given (docs/decisions/0002).
  for (const command of watchCommands)
    register(
      `consumers${command.charAt(0).toUpperCase()}${command.slice(1)}`,
      `/${command}`,
      'POST',
      commandHandler((context) => ({
        command,
        hubs,
        store,
        times,
        clock,
        logger,
        operatorKey: settings.operatorKey,
        lookNow: lookNow(context),
      })),
      false,
    );
}

/** Upkeep reads the groups, then makes what is missing; a third read's time is for what lies around that. */
const UPKEEP_READS = 3;

/** The feature `failover`: the watch of each hub whose resource id is set, and what consumers and operators ask of it over HTTP. */
export function registerFailoverFunctions(options: FailoverFunctionsOptions): void {
  const { settings, services, clock, logger } = options;
  const { failoverInMs, readTimeoutInMs } = settings.failover;
  const watched = connectWatchedHubs({ failover: settings.failover, services, clock, logger });
  const engineOf = (context: InvocationContext) =>
    createDurableEngine(df.getClient(context), {
      clock,
      failoverInMs,
      upkeepLimitInMs: UPKEEP_READS * readTimeoutInMs,
    });
  const shared = { ...options, watched, engineOf };
  registerDurable(shared);
  registerTimers(shared);
  registerHttp(shared);
}
