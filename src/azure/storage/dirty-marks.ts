import { randomUUID } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import type { HubRole, IdentityKey } from '../../hub-model.js';
import type { LedgerPort } from '../../registry/ports.js';
import { encodeRowKey } from './key-encoding.js';
import type { StorageCall } from './storage-call.js';
import { isContainerAway, isStatus } from './storage-errors.js';

const markSchema = z.object({
  etag: z.string(),
  reason: z.string(),
  since: z.coerce.date(),
  token: z.string(),
});

type DirtyMarks = Pick<LedgerPort, 'readDirty' | 'markDirty' | 'clearDirty' | 'countDirty'>;
const ROLES: HubRole[] = ['primary', 'secondary'];
const PAGE_SIZE = 1000;

/** Marks live in partitions of their own, so that counting them reads nothing else. */
export const createDirtyMarks = (
  table: TableClient,
  call: StorageCall,
  partitionOf: (source: HubRole) => string,
): DirtyMarks => {
  const readRow = async (source: HubRole, key: IdentityKey, abortSignal: AbortSignal) => {
    try {
      const row = markSchema.safeParse(await table.getEntity(partitionOf(source), encodeRowKey(key), { abortSignal }));
      if (row.success) {
        return row.data;
      }
    } catch (error) {
      if (isStatus(error, 404) && !isContainerAway(error)) {
        return undefined;
      }
      throw error;
    }
    throw new AppError('storageRefused', 'ledger: a row has not the shape of a dirty mark', { retryable: false });
  };
  return {
    readDirty: (source, key) =>
      call('dirty mark read', async (abortSignal) => {
        const row = await readRow(source, key, abortSignal);
        return row && { key, reason: row.reason, since: row.since, token: row.token };
      }),
    markDirty: (source, key, reason, at) =>
      call('dirty mark write', async (abortSignal) => {
        // The token and not the ETag tells two marks apart: ETags are times, and two writes can share one.
        const row = { partitionKey: partitionOf(source), rowKey: encodeRowKey(key), ...key, reason, since: at };
        await table.upsertEntity({ ...row, token: randomUUID() }, 'Replace', { abortSignal });
      }),
    clearDirty: (source, mark) =>
      call('dirty mark delete', async (abortSignal) => {
        const row = await readRow(source, mark.key, abortSignal);
        if (row === undefined || row.token !== mark.token) {
          return row === undefined;
        }
        try {
          const options = { etag: row.etag, abortSignal };
          await table.deleteEntity(partitionOf(source), encodeRowKey(mark.key), options);
          return true;
        } catch (error) {
          if (isStatus(error, 412)) {
            return false;
          }
          if (isStatus(error, 404) && !isContainerAway(error)) {
            return true;
          }
          throw error;
        }
      }),
    countDirty: () =>
      call('dirty mark count', async (abortSignal) => {
        let count = 0;
        for (const role of ROLES) {
          const queryOptions = { filter: `PartitionKey eq '${partitionOf(role)}'`, select: ['RowKey'] };
          const rows = table.listEntities({ queryOptions, abortSignal });
          for await (const page of rows.byPage({ maxPageSize: PAGE_SIZE })) {
            count += page.length;
          }
        }
        return count;
      }),
  };
};
