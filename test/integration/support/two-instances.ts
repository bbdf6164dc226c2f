import { BlobServiceClient } from '@azure/storage-blob';
import { expect, vi } from 'vitest';
import type { IdentityKey, Lab } from '../../../lab/contracts.js';
import { startHostProcess, type HostProcess } from '../../../lab/host/process.js';
import { boundInMs, settingsOf } from './rig.js';

export interface Instance extends AsyncDisposable {
  readonly process: HostProcess;
  readonly lines: string[];
  /** SIGSTOP: it stops between two instructions and keeps its connections. */
  freeze(): void;
  thaw(): void;
}

/** One instance of the app; several on one laboratory share its partitions. */
export async function startInstance(lab: Lab, more: Record<string, string> = {}): Promise<Instance> {
  const lines: string[] = [];
  const host = await startHostProcess({
    settings: settingsOf(lab, more),
    env: { ...process.env, ...lab.description.env },
    tuning: { queueLeaseInMs: 5000 },
    onLine: (line) => void lines.push(line),
  });
  return {
    process: host,
    lines,
    freeze: () => void process.kill(host.pid, 'SIGSTOP'),
    thaw: () => void process.kill(host.pid, 'SIGCONT'),
    // A frozen process hears no other signal.
    [Symbol.asyncDispose]: async () => void (await host.kill()),
  };
}

/** Who owns the partitions of `devicetwin`: partition id -> instance. */
async function ownersOf(lab: Lab): Promise<Map<string, string>> {
  const container = BlobServiceClient.fromConnectionString(lab.storage.connectionString).getContainerClient(
    'azure-webjobs-eventhub',
  );
  const owners = new Map<string, string>();
  for await (const blob of container.listBlobsFlat({ includeMetadata: true })) {
    const place = /\/devicetwin\/[^/]+\/ownership\/(\d+)$/.exec(blob.name);
    if (place?.[1]) owners.set(place[1], blob.metadata?.['ownerid']?.split('/')[0] ?? '');
  }
  return owners;
}

/** Waits until the four partitions are dealt out evenly over `count` instances. */
export async function untilShared(lab: Lab, count: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const owners = Map.groupBy(await ownersOf(lab), ([, owner]) => owner);
      expect([...owners.values()].map((owned) => owned.length)).toEqual(Array.from({ length: count }, () => 4 / count));
    },
    { timeout: boundInMs, interval: 200 },
  );
}

/**
 * `rounds` changes of each device, which cannot be coalesced: a scalar and an object at one path in turn. Each carries the round's
 * number, which grows for ever.
 */
export function changeAll(lab: Lab, keys: readonly IdentityKey[], first: number, rounds: number): void {
  const primary = lab.hub('primary');
  for (let round = first; round < first + rounds; round += 1)
    for (const key of keys)
      primary.patchTwin(key, { desired: { round, shape: round % 2 === 0 ? round : { [`r${round}`]: true } } });
}

const roundOf = (lab: Lab, key: IdentityKey): number => {
  const { round } = lab.hub('secondary').getTwin(key).desired;
  return typeof round === 'number' ? round : -1;
};

/**
 * From now on looks at each write to the standby: a device whose round falls below `floor`, which every device has reached, was
 * given a change that is out of date. Redelivery of newer ones, from the last checkpoint on, is nobody's fault.
 */
export function watchStale(lab: Lab, floor: number): { stale: string[]; stop(): void } {
  const stale: string[] = [];
  const stop = lab.hub('secondary').onWrite(({ kind, key }) => {
    if (kind === 'twin' && roundOf(lab, key) < floor) stale.push(`${key.deviceId}: ${roundOf(lab, key)}`);
  });
  return { stale, stop };
}

/** From now on: each write to the standby that took a device back to an older round. */
export function watchBackwards(lab: Lab, keys: readonly IdentityKey[]): { stop(): string[] } {
  const backwards: string[] = [];
  const rounds = new Map(keys.map((key) => [key.deviceId, roundOf(lab, key)]));
  const stop = lab.hub('secondary').onWrite(({ kind, key }) => {
    if (kind !== 'twin') return;
    const [before, after] = [rounds.get(key.deviceId) ?? -1, roundOf(lab, key)];
    if (after < before) backwards.push(`${key.deviceId}: ${before} -> ${after}`);
    rounds.set(key.deviceId, after);
  });
  return {
    stop() {
      stop();
      return backwards;
    },
  };
}

/** Resolves at the `count`-th write to the standby's twins from now on. */
export const atWrite = (lab: Lab, count: number): Promise<void> =>
  new Promise((resolve) => {
    let writes = 0;
    const stop = lab.hub('secondary').onWrite(({ kind }) => {
      if (kind !== 'twin' || ++writes < count) return;
      stop();
      resolve();
    });
  });

export const untilLogged = (instance: Instance, what: RegExp): Promise<void> =>
  vi.waitFor(() => expect(instance.lines.some((line) => what.test(line))).toBe(true), {
    timeout: boundInMs,
    interval: 100,
  });
