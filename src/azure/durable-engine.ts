import type { DurableClient, OrchestrationRuntimeStatus } from 'durable-functions';
import { AppError, isAppError } from '../errors.js';
import { names, upkeepInstanceId, watchInstanceId } from '../failover/names.js';
import type { WatchEnginePort } from '../failover/ports.js';
import { withinDeadline } from './deadline.js';
import { bareCause, textAt } from './error-fields.js';

/** The host's own endpoint of the extension, on the same machine. */
const TIMEOUT_IN_MS = 10_000;

const OVER: readonly `${OrchestrationRuntimeStatus}`[] = ['Completed', 'Failed', 'Canceled', 'Terminated'];

type Client = Pick<DurableClient, 'getStatus' | 'startNew' | 'raiseEvent'>;

async function call<T>(what: string, run: () => Promise<T>): Promise<T> {
  const failed = (cause?: Error) =>
    new AppError('engineUnavailable', `${what}: Durable Functions cannot do it now`, {
      retryable: true,
      ...(cause ? { cause } : {}),
    });
  try {
    return await withinDeadline(TIMEOUT_IN_MS, () => failed(), run);
  } catch (error) {
    throw isAppError(error) ? error : failed(bareCause(error));
  }
}

/** True while an instance of this id is not over. The client rejects for an unknown id, in words only (durable-functions 3.5). */
async function isAlive(client: Client, instanceId: string): Promise<boolean> {
  try {
    const { runtimeStatus } = await client.getStatus(instanceId);
    return !OVER.includes(runtimeStatus);
  } catch (error) {
    if (/HTTP 404/.test(textAt(error, 'message') ?? '')) return false;
    throw error;
  }
}

/** Durable Functions by the client that a function was given. `failoverInMs`: how long a watch waits after a round that failed. */
export function createDurableEngine(client: Client, failoverInMs: number): WatchEnginePort {
  /** The extension refuses a second instance of an id that runs: whoever comes second has nothing to do. */
  const startOnce = (what: string, orchestrator: string, instanceId: string, input: unknown) =>
    call(what, async () => {
      if (await isAlive(client, instanceId)) return;
      try {
        await client.startNew(orchestrator, { instanceId, input });
      } catch (error) {
        if (!(await isAlive(client, instanceId))) throw error;
      }
    });
  return {
    isRunning: (hub) => call('watch status', () => isAlive(client, watchInstanceId(hub))),
    start: (hub) => startOnce('watch start', names.watchOrchestrator, watchInstanceId(hub), { hub, failoverInMs }),
    look: (hub) => call('watch look', () => client.raiseEvent(watchInstanceId(hub), names.lookEvent, {})),
    startUpkeep: (input) => startOnce('upkeep start', names.upkeepOrchestrator, upkeepInstanceId(input.hub), input),
  };
}
