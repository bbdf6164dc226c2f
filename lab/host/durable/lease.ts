import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerClient } from '@azure/storage-blob';
import { z } from 'zod';
import type { HostLog } from '../invoke.js';
import { isConflict, isMissing, patiently } from './patient.js';
import { readJson } from './read-json.js';

const leaseSchema = z.object({ owner: z.string(), until: z.number() });

/** Which host runs the orchestrations of a task hub: one at a time. */
export interface Lease {
  /** Looks for it until `signal` aborts; calls `acquired`, and `lost` as soon as any call here finds that out. */
  run(acquired: () => Promise<void>, lost: () => void): Promise<void>;
  /** Resolves to true once it is surely ours now, to false once it is not: storage may be away in between. */
  confirm(): Promise<boolean>;
  /** Renews it ahead of time; false: it is another's. */
  renew(): Promise<boolean>;
  /** Gives it back, so that another host need not wait. */
  release(): Promise<void>;
}

interface LeaseOptions {
  container: ContainerClient;
  owner: string;
  /** After which a dead host's lease is free. */
  expiryInMs: number;
  signal: AbortSignal;
  log: HostLog;
}

/**
 * A blob with an owner and an end, changed by compare-and-set. A blob lease of the service is not shorter than 15 s
 * (REST, "Lease Blob"), which is too long for tests that kill hosts.
 */
export function createLease({ container, owner, expiryInMs, signal, log }: LeaseOptions): Lease {
  const blob = container.getBlockBlobClient('lease');
  let etag: string | undefined;
  let until = 0;
  let renewing: Promise<boolean> | undefined;
  let onLost: () => void = () => undefined;

  const put = async (state: z.infer<typeof leaseSchema>, conditions: object): Promise<boolean> => {
    const text = JSON.stringify(state);
    try {
      const response = await blob.upload(text, Buffer.byteLength(text), { conditions });
      etag = response.etag;
      until = state.until;
      return true;
    } catch (error) {
      if (isConflict(error)) return false;
      throw error;
    }
  };

  const look = async () => {
    try {
      const { etag: current = '', readableStreamBody } = await blob.download();
      return { ...leaseSchema.parse(await readJson(readableStreamBody)), current };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  const tryAcquire = async (): Promise<boolean> => {
    const found = await look();
    const now = Date.now();
    if (found !== undefined && found.owner !== '' && found.owner !== owner && found.until > now) return false;
    const conditions = found === undefined ? { ifNoneMatch: '*' } : { ifMatch: found.current };
    return put({ owner, until: now + expiryInMs }, conditions);
  };

  const extend = async (): Promise<boolean> => {
    if (etag === undefined) return false;
    const now = Date.now();
    if (await put({ owner, until: now + expiryInMs }, { ifMatch: etag })) return true;
    // A renewal whose answer was lost looks like a conflict.
    const found = await look();
    if (found?.owner === owner && found.until > now) {
      etag = found.current;
      until = found.until;
      return true;
    }
    if (etag !== undefined) {
      etag = undefined;
      onLost();
    }
    return false;
  };

  const renew = (): Promise<boolean> =>
    (renewing ??= patiently(extend, signal).finally(() => {
      renewing = undefined;
    }));

  const pause = async (forMs: number): Promise<void> => {
    // The only rejection of this timer is the abort, and that is what the loop looks at next.
    await delay(forMs, undefined, { signal }).catch(() => undefined);
  };

  return {
    renew,
    confirm: async () => (etag !== undefined && Date.now() < until ? true : renew()),
    async run(acquired, lost) {
      onLost = lost;
      while (!signal.aborted) {
        try {
          if (etag !== undefined) await renew();
          else if (await tryAcquire()) await acquired();
        } catch (error) {
          if (!signal.aborted) log(`Durable: no look at the task hub's lease: ${String(error)}`);
        }
        await pause(expiryInMs / 4);
      }
    },
    async release() {
      if (etag !== undefined) await put({ owner: '', until: 0 }, { ifMatch: etag });
      etag = undefined;
    },
  };
}
