import { resolve } from 'node:path';
import type { Azurite } from '../../../../lab/azurite/azurite.js';
import { forkManaged, type ManagedChild } from '../../../../lab/processes/managed-child.js';
import { callsOf, type DurableClientCalls } from './durable-app.js';

interface LifeOptions {
  storage: Azurite;
  hubName: string;
  observerUrl: string;
  workItemVisibility?: string;
  onLine?: (line: string) => void;
}

export interface Life {
  readonly child: ManagedChild;
  /** The client, once the host listens. Rejects when it ended before. */
  readonly client: Promise<DurableClientCalls>;
}

const isReady = (message: unknown): message is { url: string } =>
  typeof message === 'object' && message !== null && 'url' in message;

/** The fixture app in a child process that can be killed from its first line on. Runs dist/lab/host/main.js. */
export function aLife({ storage, hubName, observerUrl, workItemVisibility = '00:00:01', onLine }: LifeOptions): Life {
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
    env: { ...process.env, LAB_HOST_START: JSON.stringify({ settings, tuning: { ownershipExpiryInMs: 400 } }) },
    execArgv: ['--disable-warning=DEP0040'],
    ...(onLine === undefined ? {} : { onLine }),
  });
  const client = child.waitForMessage(isReady).then(({ url }) => callsOf(url));
  // Whoever waits for it sees the failure; nobody may.
  client.catch(() => undefined);
  return { child, client };
}

export interface KilledRun {
  readonly output: unknown;
  readonly kills: number;
  /** How often an instance was made durable. */
  readonly writes: number;
}

/** Runs `everything` to its end, in hosts of which each is killed (-9) after its `every`-th write of an instance. */
export async function runWithKills(options: LifeOptions & { every: number; limitInMs: number }): Promise<KilledRun> {
  const { every, limitInMs } = options;
  const limit = Date.now() + limitInMs;
  const id = 'everything';
  let writes = 0;
  let kills = 0;
  let life: Life | undefined;

  const next = (): Life => {
    let left = every;
    const mine = aLife({
      ...options,
      onLine: (line) => {
        if (!/Durable: '.*' revision/.test(line)) return;
        writes += 1;
        left -= 1;
        if (left !== 0) return;
        kills += 1;
        void mine.child.kill();
      },
    });
    return mine;
  };

  const drive = async (client: DurableClientCalls): Promise<unknown> => {
    for (;;) {
      const status = await client.status(id).catch((error: Error) => {
        if (error.message.includes('404'))
          return client.start('everything', { instanceId: id, input: { generation: 1, results: [] } });
        throw error;
      });
      if (typeof status === 'object') {
        if (status.runtimeStatus === 'Completed') return status.output;
        if ((status.customStatus as { at?: string } | null)?.at === 'event')
          await client.call('raiseEvent', id, 'go', 'went');
      }
      await new Promise((again) => setTimeout(again, 20));
    }
  };

  while (Date.now() < limit) {
    life = next();
    const { child, client } = life;
    const ended = child.exited.then(() => undefined);
    // A call that fails because the host was killed is made again in the next life.
    const outcome = await Promise.race([
      client.then(drive).then(
        (output) => ({ output }),
        () => ended,
      ),
      ended,
    ]);
    await child.kill();
    if (outcome !== undefined) return { output: outcome.output, kills, writes };
  }
  throw new Error(`'${id}' did not end in ${limitInMs} ms and ${kills} kills`);
}
