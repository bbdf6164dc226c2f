import { BlobServiceClient } from '@azure/storage-blob';
import type { Lab } from '../../../lab/contracts.js';

const containerOf = (lab: Lab) =>
  BlobServiceClient.fromConnectionString(lab.storage.connectionString).getContainerClient('azure-webjobs-eventhub');

/** The trigger's checkpoints as they are; `restore` writes them over what is there then, as a host does that woke up late. */
export async function keepCheckpoints(lab: Lab): Promise<{ restore(): Promise<void> }> {
  const container = containerOf(lab);
  const kept = new Map<string, Record<string, string>>();
  for await (const blob of container.listBlobsFlat({ includeMetadata: true }))
    if (blob.name.includes('/checkpoint/')) kept.set(blob.name, blob.metadata ?? {});
  return {
    restore: async () => {
      for (const [name, metadata] of kept) await container.getBlobClient(name).setMetadata(metadata);
    },
  };
}
