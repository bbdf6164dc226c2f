import type { RegisteredFunction } from '../core-state.js';
import { HostError } from '../host-error.js';
import { startHttpServer, type HttpServer } from '../http-server.js';
import type { RpcBinding, RpcTypedData } from '../rpc-types.js';
import { expandNames, resolveConnection } from '../settings.js';
import type { FunctionsOfType, Listener, RequestHandler, TriggerContext } from '../trigger.js';
import { clientInput, webhookBase } from './client-input.js';
import { createHttpApi } from './http-api.js';
import { invokeOrchestrator } from './invoke-orchestrator.js';
import { runActivity } from './run-activity.js';
import { createTaskHub } from './task-hub.js';

export interface DurableFunctions {
  readonly orchestrators: FunctionsOfType;
  readonly activities: FunctionsOfType;
}

export interface Durable extends Listener {
  /** The webhooks of the extension, on the host's own port. */
  readonly webhook: RequestHandler;
  /** What a `durableClient` input holds. */
  input(): RpcTypedData;
}

export const isDurableClient = ({ type }: RpcBinding): boolean =>
  ['durableclient', 'orchestrationclient'].includes(type.toLowerCase());

const byName = (functions: FunctionsOfType): ReadonlyMap<string, RegisteredFunction> =>
  new Map(functions.map((target) => [target.metadata.name.toLowerCase(), target]));

/** https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-task-hubs, "Task hub names". */
const hubNameRule = /^[a-z][a-z0-9]{2,44}$/i;

/** The Durable extension: orchestrations, activities and their client. `port`: of the host, once it listens. Throws HostError. */
export function createDurable(
  { orchestrators, activities }: DurableFunctions,
  context: TriggerContext,
  port: () => number,
): Durable {
  const { settings, config, invoker, log, tuning, keys } = context;
  const { durableTask } = config;
  const hubName = expandNames(settings, durableTask.hubName);
  if (!hubNameRule.test(hubName)) {
    throw new HostError('host.badHostJson', `Task hub name '${hubName}' should contain only alphanumeric characters.`);
  }
  const orchestratorOf = byName(orchestrators);
  const activityOf = byName(activities);
  const isOrchestrator = (name: string): boolean => orchestratorOf.has(name.toLowerCase());
  const hub = createTaskHub({
    storage: resolveConnection(settings, 'AzureWebJobsStorage'),
    hubName,
    log,
    workItemVisibilityInMs: durableTask.storageProvider.workItemQueueVisibilityTimeout,
    maxConcurrentActivities: durableTask.maxConcurrentActivityFunctions,
    leaseExpiryInMs: tuning.ownershipExpiryInMs,
    stopLimitInMs: tuning.stopLimitInMs,
    runActivity: (item) => runActivity(invoker, activityOf, item),
    runOrchestrator: async (state, history) => {
      const target = orchestratorOf.get(state.name.toLowerCase());
      if (target !== undefined) return invokeOrchestrator({ invoker, target }, state, history);
      throw new HostError(
        'host.badFunction',
        `The function '${state.name}' doesn't exist, is disabled, or is not an orchestrator function.`,
      );
    },
  });
  const systemKey = keys.systemKey;
  // Without keys, but on a port of its own: the real extension does the same (LocalHttpListener).
  const rpc = createHttpApi({ hub, isOrchestrator, base: '/durabletask/', key: undefined });
  let rpcServer: HttpServer | undefined;

  return {
    webhook: createHttpApi({ hub, isOrchestrator, base: webhookBase, key: systemKey }),
    input() {
      const name = settings['WEBSITE_HOSTNAME'];
      const origin = name === undefined ? `http://127.0.0.1:${port()}` : `https://${name}`;
      const rpcBaseUrl = `http://127.0.0.1:${rpcServer?.port ?? 0}/durabletask/`;
      return { string: JSON.stringify(clientInput({ hubName, origin, rpcBaseUrl, systemKey })) };
    },
    async start() {
      // Silent: a line for each call of the library's client says nothing.
      rpcServer = await startHttpServer(0, [rpc], () => undefined);
      await hub.start();
    },
    async stop() {
      await hub.stop();
      await rpcServer?.close(tuning.stopLimitInMs);
    },
  };
}
