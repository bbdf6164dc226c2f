import type { RegisteredFunction } from './core-state.js';
import { createDurable, isDurableClient } from './durable/durable.js';
import { readHostConfig } from './host-config.js';
import { HostError } from './host-error.js';
import { startHttpServer } from './http-server.js';
import { createInvoker, type HostLog } from './invoke.js';
import { createKeys, type HostKeys } from './keys.js';
import { isDisabled, type Settings } from './settings.js';
import { loadApp, triggerOf, type AppEntry, type LoadedApp } from './load-app.js';
import { defaultTuning, type HostTuning, type Listener, type TriggerContext } from './trigger.js';
import { createEventGridWebhook } from './triggers/event-grid.js';
import { createEventHubListener } from './triggers/event-hub.js';
import { createHttpTriggers } from './triggers/http.js';
import { createQueueListener } from './triggers/queue.js';
import { createTimerListener } from './triggers/timer.js';

export interface HostOptions {
  /** Registers the app's functions, or the path of its entry file. Registrations made meanwhile belong to this host. */
  load: AppEntry;
  /** The app settings that bindings name. The environment is not touched: what the app itself reads is the caller's matter. */
  settings: Record<string, string>;
  /** host.json: an object or its path. Default {}: the extensions' own defaults. */
  hostJson?: object | string;
  /** Default 0: a free one. Always loopback. */
  port?: number;
  /** Default: new random ones. */
  keys?: Partial<HostKeys>;
  /** One line per event, never with a key or a body. Default: nowhere. */
  log?: HostLog;
  tuning?: Partial<HostTuning>;
}

/** A running stand-in for the Functions host: a development tool, no replacement. */
export interface Host extends AsyncDisposable, HostKeys {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Names of the app's functions. */
  readonly functions: readonly string[];
  /** Graceful: triggers stop first, what runs may end, no checkpoint is written from the first moment on. */
  close(): Promise<void>;
}

const known = [
  'httptrigger',
  'eventgridtrigger',
  'eventhubtrigger',
  'queuetrigger',
  'timertrigger',
  'orchestrationtrigger',
  'activitytrigger',
] as const;
type KnownTrigger = (typeof known)[number];
const isKnown = (type: string): type is KnownTrigger => (known as readonly string[]).includes(type);

/** The functions of each trigger type. Throws `host.unsupported` for what the stand-in cannot run: never silence. */
function sortByTrigger(app: LoadedApp, settings: Settings, log: HostLog): Record<KnownTrigger, RegisteredFunction[]> {
  const sorted: Record<KnownTrigger, RegisteredFunction[]> = {
    httptrigger: [],
    eventgridtrigger: [],
    eventhubtrigger: [],
    queuetrigger: [],
    timertrigger: [],
    orchestrationtrigger: [],
    activitytrigger: [],
  };
  for (const target of app.functions.values()) {
    const { name, bindings, retryOptions } = target.metadata;
    const trigger = triggerOf(target);
    if (isDisabled(settings, name)) {
      log(`Function '${name}' is disabled`);
      continue;
    }
    const type = trigger.type.toLowerCase();
    if (!isKnown(type)) {
      throw new HostError('host.unsupported', `'${name}': a ${trigger.type} needs the real host (func host start).`);
    }
    for (const [bindingName, binding] of Object.entries(bindings)) {
      if (bindingName === trigger.name || (bindingName === '$return' && binding.type === 'http')) continue;
      if (isDurableClient(binding)) continue;
      throw new HostError('host.unsupported', `'${name}': a binding of type ${binding.type} needs the real host.`);
    }
    // Retry policies: timer, Kafka, Cosmos DB and Event Hubs only (learn.microsoft.com, functions-bindings-error-pages).
    if (retryOptions !== undefined && type !== 'eventhubtrigger' && type !== 'timertrigger') {
      log(`'${name}': its retry policy is ignored, the ${trigger.type} has none`);
    }
    sorted[type].push(target);
  }
  return sorted;
}

/** The extension is loaded only where a binding of it occurs. */
const usesDurable = ({ functions }: LoadedApp): boolean =>
  [...functions.values()].some(({ metadata }) =>
    Object.values(metadata.bindings).some(
      (binding) => isDurableClient(binding) || /^(orchestration|activity)trigger$/i.test(binding.type),
    ),
  );

/** Loads the app and runs its triggers. Resolves when everything listens. Throws HostError. Several may run in one process. */
export async function startHost(options: HostOptions): Promise<Host> {
  const log = options.log ?? (() => undefined);
  const config = await readHostConfig(options.hostJson ?? {}, options.settings);
  const keys = createKeys(options.keys);
  const app = await loadApp(options.load);
  const functions = sortByTrigger(app, options.settings, log);
  const invoker = createInvoker(app, log, (binding) => (isDurableClient(binding) ? durable?.input() : undefined));
  const stopper = new AbortController();
  const tuning = { ...defaultTuning, ...options.tuning };
  const context: TriggerContext = {
    config,
    keys,
    tuning,
    invoker,
    log,
    settings: options.settings,
    stopping: stopper.signal,
  };
  const durable = usesDurable(app)
    ? createDurable(
        { orchestrators: functions.orchestrationtrigger, activities: functions.activitytrigger },
        context,
        () => server.port,
      )
    : undefined;
  // Durable first: a timer that runs at the start may call its client.
  const listeners: Listener[] = [
    ...(durable === undefined ? [] : [durable]),
    ...functions.eventhubtrigger.map((target) => createEventHubListener(target, context)),
    ...functions.queuetrigger.map((target) => createQueueListener(target, context)),
    ...functions.timertrigger.map((target) => createTimerListener(target, context)),
  ];
  // Locks `app.setup` for the whole process, as after the worker's start.
  const capabilities = await app.model.getCapabilities({ RawHttpBodyBytes: 'true', TypedDataCollection: 'true' });
  const handlers = [
    ...(durable === undefined ? [] : [durable.webhook]),
    createEventGridWebhook(functions.eventgridtrigger, context),
    createHttpTriggers(functions.httptrigger, context, capabilities['HttpUri']),
  ];
  await invoker.runHooks('appStart', { hookData: {} });
  const server = await startHttpServer(options.port ?? 0, handlers, log);

  const stop = async (): Promise<void> => {
    stopper.abort();
    await Promise.all([server.close(tuning.stopLimitInMs), ...listeners.map((listener) => listener.stop())]);
    await invoker.runHooks('appTerminate', { hookData: {} });
    log('Host stopped');
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= stop());

  try {
    for (const listener of listeners) await listener.start();
  } catch (error) {
    await close();
    throw error;
  }
  for (const target of app.functions.values()) log(`${target.metadata.name}: ${triggerOf(target).type}`);
  log(`Host started on port ${server.port}`);
  return {
    ...keys,
    close,
    port: server.port,
    url: `http://127.0.0.1:${server.port}`,
    functions: [...app.functions.keys()],
    [Symbol.asyncDispose]: close,
  };
}
