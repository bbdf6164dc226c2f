import { startHostProcess, type HostProcess } from '../../../lab/host/process.js';
import { expect } from 'vitest';
import type { HubFailoverOptions } from '../../../lab/contracts.js';
import { consumersApi, startFailoverLab, type FailoverLab, type FailoverRig } from './failover-rig.js';

/** A killed host's activity comes back after seconds; the real host's default is five minutes. */
const shortLease = {
  AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout: '00:00:03',
};

export interface FailoverChild extends AsyncDisposable {
  readonly process: HostProcess;
  readonly lines: string[];
  /** Rounds of the watch that ended well in this host. */
  rounds(): number;
  /** Which of the watch's activities ended last in this host. */
  lastActivity(): string | undefined;
}

/** The app in a process of its own. `same`: in the place of one that was killed. `lease`: settings of Durable's activities. */
export async function startFailoverChild(
  { lab, settings }: FailoverLab,
  { same, lease = shortLease }: { same?: HostProcess; lease?: Record<string, string> } = {},
): Promise<FailoverChild> {
  const lines: string[] = [];
  const process_ = await startHostProcess({
    settings: { ...settings, ...lease },
    env: { ...process.env, ...lab.description.env },
    tuning: { ownershipExpiryInMs: 5000, queueLeaseInMs: 5000 },
    onLine: (line) => void lines.push(line),
    ...(same && { port: same.port, keys: { functionKey: same.functionKey, systemKey: same.systemKey } }),
  });
  return {
    process: process_,
    lines,
    rounds: () => lines.filter((line) => line.includes("Executed 'consumerWatchRound' (Succeeded")).length,
    lastActivity: () =>
      lines.findLast((line) => /Executed 'consumer(WatchRound|UpkeepStart)'/.test(line))?.match(/consumer\w+/)?.[0],
    [Symbol.asyncDispose]: async () => void (await process_.kill()),
  };
}

/** What runs in the task hub: `name status`. */
export async function runningIn({ url, systemKey }: HostProcess): Promise<string[]> {
  const answer = await fetch(`${url}/runtime/webhooks/durabletask/instances?code=${encodeURIComponent(systemKey)}`);
  expect(answer.status).toBe(200);
  const instances = (await answer.json()) as { name: string; instanceId: string; runtimeStatus: string }[];
  return instances
    .filter(({ runtimeStatus }) => runtimeStatus === 'Running' || runtimeStatus === 'Pending')
    .map(({ instanceId }) => instanceId);
}

/** The app in a process of its own, watching the primary hub of a laboratory of its own. */
export async function startFailoverChildRig(
  failover: Partial<HubFailoverOptions> = {},
  more: Record<string, string> = {},
): Promise<FailoverRig> {
  const parts = await startFailoverLab(failover, more);
  const child = await startFailoverChild(parts);
  return {
    ...parts,
    log: child.lines,
    api: consumersApi(() => child.process, parts),
    async [Symbol.asyncDispose]() {
      await child.process.kill();
      await parts[Symbol.asyncDispose]();
    },
  };
}
