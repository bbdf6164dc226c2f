import type { DurableClient } from 'durable-functions';
import { AppError, isAppError } from '../errors.js';
import { names, upkeepInstanceId, watchInstanceId } from '../failover/names.js';
import type { WatchEnginePort } from '../failover/ports.js';
import { withinDeadline } from './deadline.js';
import { bareCause } from './error-fields.js';
import { isAlive, startOnce } from './start-once.js';

/** The host's own endpoint of the extension, on the same machine. */
const TIMEOUT_IN_MS = 10_000;

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

/** Durable Functions by the client that a function was given. `failoverInMs`: how long a watch waits after a round that failed. */
export function createDurableEngine(client: Client, failoverInMs: number): WatchEnginePort {
  const start = (what: string, orchestrator: string, instanceId: string, input: unknown) =>
    call(what, () => startOnce(client, orchestrator, instanceId, input));
  return {
    isRunning: (hub) => call('watch status', () => isAlive(client, watchInstanceId(hub))),
    start: (hub) => start('watch start', names.watchOrchestrator, watchInstanceId(hub), { hub, failoverInMs }),
    look: (hub) => call('watch look', () => client.raiseEvent(watchInstanceId(hub), names.lookEvent, {})),
    startUpkeep: (input) => start('upkeep start', names.upkeepOrchestrator, upkeepInstanceId(input.hub), input),
  };
}
