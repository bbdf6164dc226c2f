import { randomUUID } from 'node:crypto';
import { odata, type TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { hubRoles, type HubRole, type IdentityKey } from '../../hub-model.js';
import type { DirtyMark, LedgerPort } from '../../registry/ports.js';
import { encodeRowKey } from './key-encoding.js';
import type { StorageCall } from './storage-call.js';
import { isContainerAway, isStatus } from './storage-errors.js';

const markSchema = z.object({
  etag: z.string(),
  reason: z.string(),
  since: z.coerce.date(),
  token: z.string(),
  dueAt: z.coerce.date().optional(),
});
const keyedMarkSchema = markSchema.extend({ deviceId: z.string(), moduleId: z.string().optional() });

type DirtyMarks = Pick<
  LedgerPort,
  'readDirty' | 'markDirty' | 'postponeDirty' | 'listOverdue' | 'clearDirty' | 'countDirty'
>;
const PAGE_SIZE = 1000;

const toMark = (key: IdentityKey, row: z.infer<typeof markSchema>): DirtyMark => {
  const { reason, since, token, dueAt } = row;
  return { key, reason, since, token, ...(dueAt !== undefined && { dueAt }) };
};

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
        return row && toMark(key, row);
      }),
    postponeDirty: (source, key, dueAt) =>
      call('dirty mark postpone', async (abortSignal) => {
        const row = await readRow(source, key, abortSignal);
        if (row === undefined) return;
        const change = { partitionKey: partitionOf(source), rowKey: encodeRowKey(key), dueAt };
        try {
          await table.updateEntity(change, 'Merge', { etag: row.etag, abortSignal });
        } catch (error) {
          if (!isStatus(error, 412) && !(isStatus(error, 404) && !isContainerAway(error))) throw error;
        }
      }),
    listOverdue: (source, before, limit) =>
      call('dirty mark list', async (abortSignal) => {
        const filter = odata`PartitionKey eq ${partitionOf(source)} and dueAt lt ${before}`;
        const marks: DirtyMark[] = [];
        for await (const entity of table.listEntities({ queryOptions: { filter }, abortSignal })) {
          const row = keyedMarkSchema.safeParse(entity);
          if (!row.success) continue;
          const { deviceId, moduleId } = row.data;
          marks.push(toMark({ deviceId, ...(moduleId !== undefined && { moduleId }) }, row.data));
          if (marks.length >= limit) break;
        }
        return marks;
      }),
    markDirty: (source, key, reason, at, dueAt) =>
      call('dirty mark write', async (abortSignal) => {
        // The token and not the ETag tells two marks apart: ETags are times, and two writes can share one.
        const row = { partitionKey: partitionOf(source), rowKey: encodeRowKey(key), ...key, reason, since: at, dueAt };
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
        for (const role of hubRoles) {
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
