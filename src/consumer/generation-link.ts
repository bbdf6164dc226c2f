import { randomUUID } from 'node:crypto';
import type { AppError } from '../errors.js';
import type { EventHubEndpoint } from '../consumers-document.js';
import { createClaims, type Claims, type ClaimsPort } from './claims.js';
import { openClient, type ConnectionStringOf, type ReaderClient } from './client.js';
import type { SharedKey } from './contract.js';
import type { SettledOptions } from './options.js';
import { growing, pause, within } from './pauses.js';
import type { PartitionStart } from './start-of-partition.js';
import type { KeyHolder } from './shared-key.js';
import type { Complaint } from './sdk-errors.js';

/** One client and what it was given. */
export interface Link {
  client: ReaderClient;
  claims: Claims;
  key: SharedKey;
}

export interface LinkPort extends Pick<ClaimsPort, 'partitions' | 'store' | 'alive' | 'balanced' | 'report'> {
  options: SettledOptions;
  endpoint: EventHubEndpoint;
  keys: KeyHolder;
  connectionStringOf: ConnectionStringOf;
  startOf(partitionId: string, client: ReaderClient): Promise<PartitionStart | undefined>;
  /** The endpoint said something that means: not like this. */
  complained(complaint: Complaint): void;
  signal: AbortSignal;
}

/** The client of a generation, of which there is one at a time; its successors have its identifier and so its partitions. */
export interface GenerationLink {
  readonly current: Link | undefined;
  /** Makes the client. Reports what goes wrong, waits, tries again; returns without one only when the signal aborts. */
  open(): Promise<void>;
  /** Gives the client up without waiting for it. `why` is reported. */
  giveUp(why: AppError): void;
  /** Ends reading and gives ownership back, within `limitInMs`; after that the client is given up. */
  close(limitInMs: number): Promise<void>;
  /** Events flow: the next client may be made at once again. */
  isWell(): void;
}

const firstRetryInMs = 250;
const retryLimitInMs = 10_000;

export function createGenerationLink(port: LinkPort): GenerationLink {
  const ownerId = randomUUID();
  let current: Link | undefined;
  let failures = 0;

  /** Undefined: the end came while the key was waited for, and nobody would close what is made now. */
  const make = async (): Promise<Link | undefined> => {
    const key = await port.keys.current();
    if (port.signal.aborted) return undefined;
    const made: { client?: ReaderClient } = {};
    const claims = createClaims({
      ...port,
      ownerId,
      startOf: async (partitionId) => (made.client === undefined ? undefined : port.startOf(partitionId, made.client)),
    });
    const client = openClient({
      connectionString: port.connectionStringOf(port.endpoint, key),
      options: port.options,
      store: claims.store,
      handlers: claims.handlers,
      startPositions: claims.startPositions,
      ownerId,
    });
    made.client = client;
    return { client, claims, key };
  };
  const letGo = ({ client, claims }: Link): void => {
    claims.detach();
    client.close().catch(port.report);
  };

  return {
    get current() {
      return current;
    },
    open: async () => {
      while (current === undefined && !port.signal.aborted) {
        if (failures > 0) await pause(growing(failures, firstRetryInMs, retryLimitInMs), port.signal);
        if (port.signal.aborted) return;
        failures += 1;
        try {
          current = await make();
        } catch (error) {
          port.report(error);
        }
      }
    },
    giveUp: (why) => {
      if (current === undefined) return;
      port.report(why);
      letGo(current);
      current = undefined;
    },
    close: async (limitInMs) => {
      const link = current;
      current = undefined;
      if (link === undefined) return;
      link.claims.store.release();
      try {
        if ((await within(limitInMs, link.client.close())) === undefined) link.claims.detach();
      } catch (error) {
        link.claims.detach();
        port.report(error);
      }
    },
    isWell: () => {
      failures = 0;
    },
  };
}
