import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import type { PartitionRow, PositionPort } from '../../twin/ports.js';
import { encodeText } from './key-encoding.js';
import { createStorageCall } from './storage-call.js';
import { isContainerAway, isStatus } from './storage-errors.js';

/** Hub names hold no `~`, so that it is no partition of the ledger. */
const PARTITION = '~position';

const rowSchema = z.object({
  etag: z.string(),
  owner: z.string(),
  isBusy: z.boolean(),
  from: z.string().regex(/^\d+$/).optional(),
  to: z.string().regex(/^\d+$/).optional(),
  enqueuedAt: z.coerce.date().optional(),
});

const toPartitionRow = (row: unknown): PartitionRow => {
  const parsed = rowSchema.safeParse(row);
  if (!parsed.success) {
    throw new AppError('storageRefused', 'positions: a row has not the shape of a position', { retryable: false });
  }
  const { owner, isBusy, etag, from, to, enqueuedAt } = parsed.data;
  const reached = from === undefined || to === undefined || !enqueuedAt ? undefined : { from, to, enqueuedAt };
  return { owner, isBusy, etag, ...(reached && { reached }) };
};

/** Positions in the ledger's table: one row for each partition that is read. A row that was deleted is made anew. */
export const createPartitionRows = (table: TableClient): PositionPort => {
  const call = createStorageCall((abortSignal) => table.createTable({ abortSignal }));
  return {
    read: (partition) =>
      call('position read', async (abortSignal) => {
        try {
          return toPartitionRow(await table.getEntity(PARTITION, encodeText(partition), { abortSignal }));
        } catch (error) {
          if (isStatus(error, 404) && !isContainerAway(error)) return undefined;
          throw error;
        }
      }),
    write: (partition, row) =>
      call('position write', async (abortSignal) => {
        const { etag: known, reached, ...rest } = row;
        const entity = { partitionKey: PARTITION, rowKey: encodeText(partition), ...rest, ...reached };
        try {
          const { etag } =
            known === undefined
              ? await table.createEntity(entity, { abortSignal })
              : await table.updateEntity(entity, 'Replace', { etag: known, abortSignal });
          return { ...row, ...(etag === undefined ? {} : { etag }) };
        } catch (error) {
          if (isStatus(error, 404) && !isContainerAway(error)) {
            throw new AppError('storageConflict', 'position write: the row is gone', {
              retryable: true,
              serviceCode: 404,
            });
          }
          throw error;
        }
      }),
  };
};
