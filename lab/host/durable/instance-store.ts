import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { isSettled, type InstanceState } from './contract.js';
import { isConflict, isMissing, patiently } from './patient.js';
import { readJson } from './read-json.js';
import { openConnection } from '../settings.js';

export interface StoredInstance {
  readonly state: InstanceState;
  readonly etag: string;
}

/** One blob per instance, changed by compare-and-set. While storage is away, calls wait. */
export interface InstanceStore {
  read(instanceId: string): Promise<StoredInstance | undefined>;
  /** `over`: replaces that version. Undefined: another one was there first. */
  create(state: InstanceState, over?: string): Promise<StoredInstance | undefined>;
  /** Undefined: somebody else has changed it. */
  write(state: InstanceState, etag: string): Promise<StoredInstance | undefined>;
  /** False: somebody else has changed it. */
  remove(instanceId: string, etag: string): Promise<boolean>;
  /** Ids; `open`: only those with work left. */
  list(open: boolean): Promise<string[]>;
  /** Makes writes of an earlier owner fail. False: somebody else has changed it. */
  fence(instanceId: string, etag: string): Promise<string | undefined>;
}

const prefix = 'instances/';
const clientOptions = { retryOptions: { maxTries: 1, tryTimeoutInMs: 10_000 } };

/** The container of a task hub. */
export function hubContainer(connection: string, hubName: string): ContainerClient {
  const service = openConnection('AzureWebJobsStorage', () =>
    BlobServiceClient.fromConnectionString(connection, clientOptions),
  );
  return service.getContainerClient(`${hubName.toLowerCase()}-stand-in`);
}

const metadataOf = (state: InstanceState): Record<string, string> => ({
  open: isSettled(state) ? 'no' : 'yes',
});

export function createInstanceStore(container: ContainerClient, writer: string, signal: AbortSignal): InstanceStore {
  const blobOf = (instanceId: string) => container.getBlockBlobClient(prefix + encodeURIComponent(instanceId));

  const read = async (instanceId: string): Promise<StoredInstance | undefined> => {
    const blob = blobOf(instanceId);
    try {
      return await patiently(async () => {
        const { etag = '', readableStreamBody } = await blob.download();
        return { state: (await readJson(readableStreamBody)) as InstanceState, etag };
      }, signal);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  const put = async (state: InstanceState, conditions: object): Promise<StoredInstance | undefined> => {
    const stamped: InstanceState = { ...state, revision: state.revision + 1, writer };
    const body = Buffer.from(JSON.stringify(stamped));
    try {
      const { etag } = await patiently(
        () => blobOf(state.instanceId).upload(body, body.length, { conditions, metadata: metadataOf(stamped) }),
        signal,
      );
      return { state: stamped, etag: etag ?? '' };
    } catch (error) {
      if (!isConflict(error)) throw error;
      // An answer that was lost on its way looks the same: then what is there is ours.
      const there = await read(state.instanceId);
      const ours = there?.state.revision === stamped.revision && there.state.writer === writer;
      return ours && there.state.executionId === stamped.executionId ? there : undefined;
    }
  };

  const conditional = async <T>(call: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await patiently(call, signal);
    } catch (error) {
      if (isConflict(error) || isMissing(error)) return undefined;
      throw error;
    }
  };

  return {
    read,
    create: (state, over) => put(state, over === undefined ? { ifNoneMatch: '*' } : { ifMatch: over }),
    write: (state, etag) => put(state, { ifMatch: etag }),
    remove: async (instanceId, etag) =>
      (await conditional(() => blobOf(instanceId).delete({ conditions: { ifMatch: etag } }))) !== undefined,
    fence: async (instanceId, etag) => {
      const metadata = { open: 'yes', owner: writer };
      const done = await conditional(() => blobOf(instanceId).setMetadata(metadata, { conditions: { ifMatch: etag } }));
      return done?.etag;
    },
    list: (open) =>
      patiently(async () => {
        const ids: string[] = [];
        for await (const { name, metadata } of container.listBlobsFlat({ prefix, includeMetadata: true })) {
          if (!open || metadata?.['open'] !== 'no') ids.push(decodeURIComponent(name.slice(prefix.length)));
        }
        return ids;
      }, signal),
  };
}
