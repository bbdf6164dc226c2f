import type { Azurite } from '../../../../lab/azurite/azurite.js';
import { drivers, type HostDriver, type RunningApp } from '../../drivers.js';

/** The status document that the client of durable-functions gives. */
interface Status {
  name: string;
  instanceId: string;
  runtimeStatus: string;
  input: unknown;
  output: unknown;
  customStatus: unknown;
}

/** What the tests ask of an app with test/host/fixtures/durable-client.mjs, wherever it runs. */
export interface DurableClientCalls {
  readonly url: string;
  /** A method of the client. Rejects with the client's own message. */
  call<T = unknown>(method: string, ...args: unknown[]): Promise<T>;
  start(name: string, options?: { instanceId?: string; input?: unknown }): Promise<string>;
  status(instanceId: string): Promise<Status>;
  /** Waits for a status that `isIt` accepts. Rejects after `limitInMs`. */
  until(instanceId: string, isIt: (status: Status) => boolean, limitInMs?: number): Promise<Status>;
  /** Waits for the end. */
  ended(instanceId: string, limitInMs?: number): Promise<Status>;
}

const over = ({ runtimeStatus }: Status): boolean => ['Completed', 'Failed', 'Terminated'].includes(runtimeStatus);

export function callsOf(url: string): DurableClientCalls {
  const call = async <T>(method: string, ...args: unknown[]): Promise<T> => {
    const response = await fetch(`${url}/api/client`, { method: 'POST', body: JSON.stringify([method, ...args]) });
    const { result, error } = (await response.json()) as { result: T; error?: string };
    if (error !== undefined) throw new Error(error);
    return result;
  };
  const status = (instanceId: string): Promise<Status> => call<Status>('getStatus', instanceId);
  const until: DurableClientCalls['until'] = async (instanceId, isIt, limitInMs = 20_000) => {
    const limit = Date.now() + limitInMs;
    for (;;) {
      const now = await status(instanceId);
      if (isIt(now)) return now;
      if (Date.now() > limit) throw new Error(`'${instanceId}' still is ${JSON.stringify(now)}`);
      await new Promise((again) => setTimeout(again, 10));
    }
  };
  return {
    url,
    call,
    status,
    until,
    start: (name, options = {}) => call<string>('startNew', name, options),
    ended: (instanceId, limitInMs) => until(instanceId, over, limitInMs),
  };
}

let hubs = 0;

/** A task hub of its own for each test. */
export const aHubName = (): string => `Hub${process.pid}x${++hubs}`;

export interface DurableAppOptions {
  storage: Azurite;
  /** Default: the stand-in. */
  driver?: HostDriver;
  hubName?: string;
  observerUrl?: string;
  durableTask?: object;
  settings?: Record<string, string>;
  log?: (line: string) => void;
}

export type DurableApp = RunningApp & DurableClientCalls;

/** The fixture app, in this process or in the real host. */
export async function startDurableApp(options: DurableAppOptions): Promise<DurableApp> {
  const {
    storage,
    driver = drivers[0]!,
    hubName = aHubName(),
    observerUrl = '',
    durableTask = {},
    settings = {},
    log,
  } = options;
  const app = await driver.start({
    fixture: 'durable.mjs',
    settings: {
      AzureWebJobsStorage: storage.connectionString,
      OBSERVER_URL: observerUrl,
      DURABLE_AT_START: 'false',
      ...settings,
    },
    hostJson: { extensions: { durableTask: { hubName, ...durableTask } } },
    tuning: { ownershipExpiryInMs: 1_000 },
    ...(log === undefined ? {} : { log }),
  });
  return { ...app, ...callsOf(app.url) };
}
