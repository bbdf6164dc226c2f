import type { ContainerClient } from '@azure/storage-blob';

const prefix = 'hosts/';

/** Whether other hosts run activities of the task hub. No more than a hint: it decides who is asked first, never who may. */
export interface OtherHosts {
  readonly known: boolean;
  /** Tells of this host and looks for others. */
  look(): Promise<void>;
  leave(): Promise<void>;
}

interface OtherHostsOptions {
  container: ContainerClient;
  host: string;
  /** After which a host that says nothing is taken for dead. */
  expiryInMs: number;
}

/** A blob for each host with its end, written again and again. */
export function createOtherHosts({ container, host, expiryInMs }: OtherHostsOptions): OtherHosts {
  const mine = container.getBlockBlobClient(prefix + host);
  let known = false;

  return {
    get known() {
      return known;
    },
    async look() {
      await mine.upload('', 0, { metadata: { until: String(Date.now() + expiryInMs) } });
      let found = false;
      for await (const { name, metadata } of container.listBlobsFlat({ prefix, includeMetadata: true })) {
        if (name === mine.name) continue;
        if (Number(metadata?.['until']) > Date.now()) found = true;
        else await container.getBlobClient(name).deleteIfExists();
      }
      known = found;
    },
    leave: async () => void (await mine.deleteIfExists()),
  };
}
