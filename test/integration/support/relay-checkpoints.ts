import type { ReceivedEventData } from '@azure/event-hubs';
import { BlobServiceClient } from '@azure/storage-blob';

/** Sequence number of the last checkpoint, by generation and partition. */
export type Checkpoints = ReadonlyMap<string, number>;

/** The relay's own checkpoints as they are stored now: blobs `g{generation}.{namespace}/{event hub}/{group}/checkpoint/{partition}`. */
export async function readCheckpoints(storageConnection: string): Promise<Checkpoints> {
  const container = BlobServiceClient.fromConnectionString(storageConnection).getContainerClient('standby-relay');
  const found = new Map<string, number>();
  for await (const { name, metadata } of container.listBlobsFlat({ includeMetadata: true })) {
    const [, generation, partition] = /^g(\d+)\..*\/checkpoint\/([^/]+)$/.exec(name) ?? [];
    if (generation !== undefined) found.set(`${generation}/${partition}`, Number(metadata?.['sequencenumber']));
  }
  return found;
}

const textOf = ({ properties }: ReceivedEventData, name: string): string => String(properties?.[name]);
const partitionOf = (event: ReceivedEventData): string =>
  `${textOf(event, 'relay-generation')}/${textOf(event, 'relay-partition')}`;

/** Those whose source position a checkpoint covers: a relay that starts now must not send them again. */
export const coveredBy = (checkpoints: Checkpoints, events: readonly ReceivedEventData[]): ReceivedEventData[] =>
  events.filter(
    (event) => Number(textOf(event, 'relay-sequence-number')) <= (checkpoints.get(partitionOf(event)) ?? -1),
  );

/** Those whose source position had come before, in order. */
export function repeatsIn(events: readonly ReceivedEventData[]): ReceivedEventData[] {
  const seen = new Set<string>();
  return events.filter((event) => {
    const position = `${partitionOf(event)}/${textOf(event, 'relay-sequence-number')}`;
    const isRepeat = seen.has(position);
    seen.add(position);
    return isRepeat;
  });
}
