import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Azurite } from '../../../../lab/azurite/azurite.js';
import { createInstanceStore, hubContainer } from '../../../../lab/host/durable/instance-store.js';
import { forkManaged, type ManagedChild } from '../../../../lab/processes/managed-child.js';
import { callsOf, type DurableClientCalls } from './durable-app.js';

interface LifeOptions {
  storage: Azurite;
  hubName: string;
  observerUrl: string;
  workItemVisibility?: string;
  /** Where the host kills itself. */
  dieAt?: DieAt | undefined;
  onLine?: (line: string) => void;
}

/** The n-th write of an instance that a host makes: see die-at-write.mjs. */
export type DieAt = `${'before' | 'after'}:${number}`;

export interface Life {
  readonly child: ManagedChild;
  /** The client, once the host listens. Rejects when it ended before. */
  readonly client: Promise<DurableClientCalls>;
}

const isReady = (message: unknown): message is { url: string } =>
  typeof message === 'object' && message !== null && 'url' in message;

/** The fixture app in a child process that can be killed from its first line on. Runs dist/lab/host/main.js. */
export function aLife(options: LifeOptions): Life {
  const { storage, hubName, observerUrl, workItemVisibility = '00:00:01', dieAt, onLine } = options;
  const durableTask = 'AzureFunctionsJobHost__extensions__durableTask__';
  const settings = {
    AzureWebJobsStorage: storage.connectionString,
    OBSERVER_URL: observerUrl,
    DURABLE_AT_START: 'false',
    [`${durableTask}hubName`]: hubName,
    [`${durableTask}storageProvider__workItemQueueVisibilityTimeout`]: workItemVisibility,
  };
  const child = forkManaged(resolve('dist/lab/host/main.js'), {
    args: ['--entry', resolve('test/host/fixtures/durable.mjs')],
    env: {
      ...process.env,
      LAB_HOST_START: JSON.stringify({ settings, tuning: { ownershipExpiryInMs: 400 } }),
      DURABLE_DIE_AT: dieAt ?? '',
    },
    execArgv: [
      '--disable-warning=DEP0040',
      ...(dieAt === undefined ? [] : ['--import', resolve(import.meta.dirname, 'die-at-write.mjs')]),
    ],
    ...(onLine === undefined ? {} : { onLine }),
  });
  const client = child.waitForMessage(isReady).then(({ url }) => callsOf(url));
  // Whoever waits for it sees the failure; nobody may.
  client.catch(() => undefined);
  return { child, client };
}

/** A sub-orchestration as it ended. `generation`, `taskId`: what its parent called it as; generations count from 0. */
interface Child {
  name: string;
  generation: number;
  taskId: number | undefined;
  input: string | undefined;
  status: string;
  output: unknown;
}

export interface KilledRun {
  readonly output: unknown;
  /** In the order in which they were made. */
  readonly children: readonly Child[];
  /** What was run and is not there any more: whole runs that were done over. */
  readonly doneOver: readonly string[];
  readonly kills: number;
}

/** What is in the task hub at the end. `seen`: each instance and execution that a host wrote. */
async function whatIsThere(
  { storage, hubName }: Pick<LifeOptions, 'storage' | 'hubName'>,
  id: string,
  seen: ReadonlySet<string>,
) {
  const store = createInstanceStore(
    hubContainer(storage.connectionString, hubName),
    'reader',
    AbortSignal.timeout(10_000),
  );
  const ids = await store.list(false);
  const states = (await Promise.all(ids.map((one) => store.read(one)))).flatMap((one) => one?.state ?? []);
  const children = states.filter(({ instanceId }) => instanceId !== id);
  children.sort((one, other) => one.createdAt.localeCompare(other.createdAt));
  const parents = [...new Set(children.map(({ parent }) => parent?.executionId))];
  const executions = new Set([
    ...states.map(({ instanceId, executionId }) => `${instanceId} ${executionId}`),
    ...parents.map((executionId) => `${id} ${executionId}`),
  ]);
  return {
    doneOver: [...seen].filter((one) => !executions.has(one)),
    children: children.map(({ name, parent, input, status, output }) => ({
      name,
      input,
      status,
      output,
      generation: parents.indexOf(parent?.executionId),
      taskId: parent?.taskId,
    })),
  };
}

/**
 * Runs `everything` to its end, in one host after another. `dieAt`: where the n-th host, from 0 on, kills itself. The event of a generation is raised
 * once, and again only when the call failed.
 */
export async function runWithKills(
  options: Omit<LifeOptions, 'dieAt' | 'onLine'> & { dieAt: (life: number) => DieAt | undefined; limitInMs: number },
): Promise<KilledRun> {
  const { dieAt, limitInMs, ...more } = options;
  const limit = Date.now() + limitInMs;
  const id = 'everything';
  const raised = new Set<number>();
  const seen = new Set<string>();
  let kills = 0;

  const onLine = (line: string): void => {
    const [, instanceId, executionId] = /Durable: '(.*)' execution (\S+) revision/.exec(line) ?? [];
    if (instanceId !== undefined) seen.add(`${instanceId} ${executionId}`);
  };

  const step = async (client: DurableClientCalls): Promise<{ output: unknown } | undefined> => {
    const status = await client.status(id).catch((error: Error) => {
      if (!error.message.includes('404')) throw error;
    });
    if (status === undefined) {
      await client.start('everything', { instanceId: id, input: { generation: 1, results: [] } });
      return undefined;
    }
    if (status.runtimeStatus === 'Completed') return { output: status.output };
    const { at, generation = 0 } = (status.customStatus ?? {}) as { at?: string; generation?: number };
    if (at === 'event' && !raised.has(generation)) {
      await client.call('raiseEvent', id, 'go', 'went');
      raised.add(generation);
    }
    return undefined;
  };

  const drive = async (client: DurableClientCalls): Promise<{ output: unknown } | undefined> => {
    while (Date.now() < limit) {
      const over = await step(client);
      if (over !== undefined) return over;
      await delay(20);
    }
    return undefined;
  };

  /** Undefined when the host died: a call that failed because of that is made again in the next life. */
  const untilDead = async ({ child, client }: Life): Promise<{ output: unknown } | undefined> => {
    try {
      return await drive(await client);
    } catch (error) {
      if ((await Promise.race([child.exited, delay(5_000, undefined, { ref: false })])) === undefined) throw error;
      return undefined;
    }
  };

  for (let life = 0; Date.now() < limit; life += 1) {
    const host = aLife({ ...more, onLine, dieAt: dieAt(life) });
    const outcome = await untilDead(host);
    await host.child.kill();
    if (outcome !== undefined) return { ...outcome, ...(await whatIsThere(options, id, seen)), kills };
    kills += 1;
  }
  throw new Error(`'${id}' did not end in ${limitInMs} ms and ${kills} kills, the first ${dieAt(0)}`);
}
