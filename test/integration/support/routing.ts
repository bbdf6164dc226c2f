import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import type { RoutingDocument } from '../../../src/routing/document.js';
import type { Lab } from '../../../lab/contracts.js';

const blobOf = (lab: Lab) =>
  BlobServiceClient.fromConnectionString(lab.storage.connectionString)
    .getContainerClient('standby-routing')
    .getBlockBlobClient('routing.json');

/** Writes the document as a person would: read, change, write under the ETag. Returns what is in force now. */
export async function changeRouting(lab: Lab, change: Partial<RoutingDocument>): Promise<RoutingDocument> {
  const blob = blobOf(lab);
  const read = await blob.download();
  const chunks: Buffer[] = [];
  for await (const chunk of read.readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
  const document = { ...(JSON.parse(Buffer.concat(chunks).toString()) as RoutingDocument), ...change };
  const text = JSON.stringify(document);
  await blob.upload(text, Buffer.byteLength(text), { conditions: { ifMatch: read.etag ?? '*' } });
  return document;
}

/** Nothing is known any more of what was copied. */
export const loseLedger = (lab: Lab): Promise<unknown> =>
  TableClient.fromConnectionString(lab.storage.connectionString, 'standbyledger', {
    allowInsecureConnection: true,
  }).deleteTable();

/** What is in force, and its mark, are gone. */
export const loseRouting = async (lab: Lab): Promise<void> => {
  const service = BlobServiceClient.fromConnectionString(lab.storage.connectionString);
  for await (const blob of service.getContainerClient('standby-routing').listBlobsFlat())
    await service.getContainerClient('standby-routing').deleteBlob(blob.name);
};

/** Writes any text in its place, valid or not. */
export const putRouting = async (lab: Lab, text: string): Promise<void> => {
  await blobOf(lab).upload(text, Buffer.byteLength(text));
};
