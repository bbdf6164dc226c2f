import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { keyText, type HubRole } from '../../hub-model.js';
import type { OwnUse, OwnUsePort } from '../device/own-use.js';
import { encodeText } from './key-encoding.js';
import { createStorageCall } from './storage-call.js';
import { isContainerAway, isStatus } from './storage-errors.js';

const rowSchema = z.object({
  etag: z.string(),
  generationId: z.string(),
  since: z.coerce.date(),
  connectedAt: z.coerce.date().optional(),
  until: z.coerce.date(),
  lost: z.boolean(),
  visited: z.boolean(),
});

const toOwnUse = (row: unknown): OwnUse | undefined => {
  const parsed = rowSchema.safeParse(row);
  if (!parsed.success) return undefined;
  const { connectedAt, ...use } = parsed.data;
  return { ...use, ...(connectedAt && { connectedAt }) };
};

/** Our connections as devices, in the ledger's table: hub names hold no `~`, so that these are no partitions of the ledger. */
export const createOwnUseRows = (table: TableClient, hubNames: Record<HubRole, string>): OwnUsePort => {
  const call = createStorageCall((abortSignal) => table.createTable({ abortSignal }));
  const partition = (hub: HubRole) => `~use-${hubNames[hub].toLowerCase()}`;
  return {
    read: (hub, key) =>
      call('own use read', async (abortSignal) => {
        try {
          return toOwnUse(await table.getEntity(partition(hub), encodeText(keyText(key)), { abortSignal }));
        } catch (error) {
          if (isStatus(error, 404) && !isContainerAway(error)) return undefined;
          throw error;
        }
      }),
    write: (hub, key, { etag: known, ...use }) =>
      call('own use write', async (abortSignal) => {
        const entity = { partitionKey: partition(hub), rowKey: encodeText(keyText(key)), ...use };
        const { etag } =
          known === undefined
            ? await table.upsertEntity(entity, 'Replace', { abortSignal })
            : await table.updateEntity(entity, 'Replace', { etag: known, abortSignal });
        return { ...use, ...(etag === undefined ? {} : { etag }) };
      }),
  };
};
