import { odata, type TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import type { HubRole, IdentityKey } from '../../hub-model.js';
import { keepReasons, ledgerStates, type LedgerEntry, type LedgerPort } from '../../registry/ports.js';
import { createBreakerRows } from './breaker-rows.js';
import { createDirtyMarks } from './dirty-marks.js';
import { createKeptRows } from './kept-rows.js';
import { encodeRowKey } from './key-encoding.js';
import { createStorageCall } from './storage-call.js';
import { isContainerAway, isStatus } from './storage-errors.js';
import { createTombstonePurge } from './tombstones.js';

const rowSchema = z.object({
  etag: z.string(),
  state: z.enum(ledgerStates),
  sourceGenerationId: z.string(),
  targetGenerationId: z.string(),
  targetEtag: z.string().optional(),
  sourceEtag: z.string().optional(),
  writing: z.string().optional(),
  copiedAt: z.coerce.date(),
  deleteAfter: z.coerce.date().optional(),
  sourceVersion: z.number().optional(),
  stateAt: z.coerce.date().optional(),
  copyEtag: z.string().optional(),
  kept: z.enum(keepReasons).optional(),
  missingSince: z.coerce.date().optional(),
  lookAt: z.coerce.date().optional(),
});

const toEntry = (key: IdentityKey, row: unknown): LedgerEntry => {
  const parsed = rowSchema.safeParse(row);
  if (!parsed.success) {
    throw new AppError('storageRefused', 'ledger: a row has not the shape of a ledger entry', { retryable: false });
  }
  const {
    deleteAfter,
    sourceVersion,
    stateAt,
    targetEtag,
    sourceEtag,
    writing,
    copyEtag,
    kept,
    missingSince,
    lookAt,
    ...rest
  } = parsed.data;
  return {
    key,
    ...rest,
    ...(targetEtag === undefined ? {} : { targetEtag }),
    ...(sourceEtag === undefined ? {} : { sourceEtag }),
    ...(writing === undefined ? {} : { writing }),
    ...(deleteAfter === undefined ? {} : { deleteAfter }),
    ...(sourceVersion === undefined ? {} : { sourceVersion }),
    ...(stateAt === undefined ? {} : { stateAt }),
    ...(copyEtag === undefined ? {} : { copyEtag }),
    ...(kept === undefined ? {} : { kept }),
    ...(missingSince === undefined ? {} : { missingSince }),
    ...(lookAt === undefined ? {} : { lookAt }),
  };
};

const toRow = (partitionKey: string, entry: LedgerEntry) => {
  const { key, etag: _etag, ...rest } = entry;
  return { partitionKey, rowKey: encodeRowKey(key), ...key, ...rest };
};

export interface TableLedger extends LedgerPort {
  /** True where nothing was ever copied: a fresh installation. Rejects with storageUnavailable. */
  isEmpty(): Promise<boolean>;
}

/**
 * The ledger in one table. PartitionKey: the source hub's name (dirty marks: with `~dirty`); RowKey: the ids (key-encoding.ts).
 * Hub names hold letters, digits and hyphens only, so the two kinds of partition never meet.
 */
export const createTableLedger = (table: TableClient, hubNames: Record<HubRole, string>): TableLedger => {
  const call = createStorageCall((abortSignal) => table.createTable({ abortSignal }));
  const partitionOf = (source: HubRole) => hubNames[source].toLowerCase();
  return {
    read: (source, key) =>
      call('ledger read', async (abortSignal) => {
        try {
          return toEntry(key, await table.getEntity(partitionOf(source), encodeRowKey(key), { abortSignal }));
        } catch (error) {
          if (isStatus(error, 404) && !isContainerAway(error)) {
            return undefined;
          }
          throw error;
        }
      }),
    write: (source, entry) =>
      call('ledger write', async (abortSignal) => {
        const row = toRow(partitionOf(source), entry);
        try {
          const { etag } =
            entry.etag === undefined
              ? await table.createEntity(row, { abortSignal })
              : await table.updateEntity(row, 'Replace', { etag: entry.etag, abortSignal });
          return { ...entry, ...(etag === undefined ? {} : { etag }) };
        } catch (error) {
          if (isStatus(error, 404) && !isContainerAway(error)) {
            throw new AppError('storageConflict', 'ledger write: the entry is gone', {
              retryable: true,
              serviceCode: 404,
            });
          }
          throw error;
        }
      }),
    isEmpty: () =>
      call('ledger look', async (abortSignal) => {
        // The table holds more than copies: dirty marks and the instances' budgets say nothing about them.
        const partitions = [partitionOf('primary'), partitionOf('secondary')];
        const filter = partitions.map((name) => `PartitionKey eq '${name}'`).join(' or ');
        const pages = table
          .listEntities({ queryOptions: { filter, select: ['RowKey'] }, abortSignal })
          .byPage({ maxPageSize: 1 });
        for await (const page of pages) if (page.length > 0) return false;
        return true;
      }),
    others: (source, key, limit) =>
      call('ledger look', async (abortSignal) => {
        const rowKey = encodeRowKey(key);
        const ofSource = `PartitionKey eq '${partitionOf(source)}' and state eq 'copied'`;
        const found: IdentityKey[] = [];
        // Keys of rows hold no quotation marks (key-encoding.ts).
        for (const side of ['gt', 'lt']) {
          const filter = `${ofSource} and RowKey ${side} '${rowKey}'`;
          for await (const row of table.listEntities({ queryOptions: { filter }, abortSignal })) {
            const { deviceId, moduleId } = row;
            if (typeof deviceId === 'string' && moduleId === undefined && deviceId !== key.deviceId)
              found.push({ deviceId });
            if (found.length >= limit) return found;
          }
        }
        return found;
      }),
    countMissing: (source, limit) =>
      call('ledger count', async (abortSignal) => {
        const filter = odata`PartitionKey eq ${partitionOf(source)} and missingSince gt ${new Date(0)}`;
        let count = 0;
        const rows = table.listEntities({ queryOptions: { filter, select: ['RowKey'] }, abortSignal });
        for await (const _row of rows) if ((count += 1) >= limit) break;
        return count;
      }),
    listPendingDeletes: (source, before, limit) =>
      call('ledger list', async (abortSignal) => {
        const filter = odata`PartitionKey eq ${partitionOf(source)} and state eq 'pendingDelete' and deleteAfter lt ${before}`;
        const keys: IdentityKey[] = [];
        for await (const { deviceId, moduleId } of table.listEntities({ queryOptions: { filter }, abortSignal })) {
          if (typeof deviceId !== 'string') continue;
          keys.push({ deviceId, ...(typeof moduleId === 'string' && { moduleId }) });
          if (keys.length >= limit) break;
        }
        return keys;
      }),
    purgeTombstones: createTombstonePurge(table, call, partitionOf),
    breaker: createBreakerRows(table, call, {
      breakerOf: (source) => `${partitionOf(source)}~breaker`,
      copiesOf: partitionOf,
    }),
    kept: createKeptRows(table, call, { partitionOf: (source) => `${partitionOf(source)}~kept` }),
    ...createDirtyMarks(table, call, (source) => `${partitionOf(source)}~dirty`),
  };
};
