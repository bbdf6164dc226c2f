import type { DurableClient } from 'durable-functions';
import type { Clock } from '../clock.js';
import { AppError, isAppError } from '../errors.js';
import { names, upkeepInstanceIds, watchInstanceId } from '../failover/names.js';
import type { UpkeepInput, WatchEnginePort } from '../failover/ports.js';
import { withinDeadline } from './deadline.js';
import { bareCause } from './error-fields.js';
import { aliveStatus, isAlive, startOnce } from './start-once.js';

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

export interface DurableEngineOptions {
  clock: Clock;
  /** How long a watch waits after a round that failed. */
  failoverInMs: number;
  /** Upkeep that has run for longer was lost with its host: its activity comes back after minutes only, and no other may wait for that. */
  upkeepLimitInMs: number;
}

/** Durable Functions by the client that a function was given. */
export function createDurableEngine(
  client: Client,
  { clock, failoverInMs, upkeepLimitInMs }: DurableEngineOptions,
): WatchEnginePort {
  const startUpkeep = async (input: UpkeepInput): Promise<void> => {
    for (const instanceId of upkeepInstanceIds(input.hub)) {
      const earlier = await aliveStatus(client, instanceId);
      if (earlier === undefined) return startOnce(client, names.upkeepOrchestrator, instanceId, input);
      if (clock.now().getTime() - earlier.createdTime.getTime() < upkeepLimitInMs) return;
    }
  };
  return {
    isRunning: (hub) => call('watch status', () => isAlive(client, watchInstanceId(hub))),
    start: (hub) =>
      call('watch start', () =>
        startOnce(client, names.watchOrchestrator, watchInstanceId(hub), { hub, failoverInMs }),
      ),
    look: (hub) => call('watch look', () => client.raiseEvent(watchInstanceId(hub), names.lookEvent, {})),
    startUpkeep: (input) => call('upkeep start', () => startUpkeep(input)),
  };
}
