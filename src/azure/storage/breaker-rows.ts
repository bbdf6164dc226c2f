import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { HubRole } from '../../hub-model.js';
import { breakerReasons } from '../../registry/breaker.js';
import type { BreakerPort, BreakerRow } from '../../registry/ports.js';
import type { StorageCall } from './storage-call.js';
import { isContainerAway, isStatus } from './storage-errors.js';

const rowSchema = z.object({
  etag: z.string(),
  windowStartedAt: z.coerce.date(),
  taken: z.number(),
  allowed: z.number(),
  openSince: z.coerce.date().optional(),
  reason: z.enum(breakerReasons).optional(),
});
const ROW_KEY = 'breaker';
const PAGE_SIZE = 1000;

export interface BreakerPartitions {
  breakerOf: (source: HubRole) => string;
  /** Of the ledger's rows. */
  copiesOf: (source: HubRole) => string;
}

/** One row for each direction, in a partition of its own. */
export const createBreakerRows = (
  table: TableClient,
  call: StorageCall,
  { breakerOf, copiesOf }: BreakerPartitions,
): BreakerPort => ({
  read: (source) =>
    call('breaker read', async (abortSignal) => {
      try {
        const row = rowSchema.parse(await table.getEntity(breakerOf(source), ROW_KEY, { abortSignal }));
        const { openSince: since, reason, ...rest } = row;
        return { ...rest, ...(since !== undefined && reason !== undefined && { open: { since, reason } }) };
      } catch (error) {
        if (isStatus(error, 404) && !isContainerAway(error)) return undefined;
        throw error;
      }
    }),
  write: (source, { open, etag, ...rest }: BreakerRow) =>
    call('breaker write', async (abortSignal) => {
      const row = {
        partitionKey: breakerOf(source),
        rowKey: ROW_KEY,
        ...rest,
        ...(open && { openSince: open.since, reason: open.reason }),
      };
      if (etag === undefined) await table.createEntity(row, { abortSignal });
      else await table.updateEntity(row, 'Replace', { etag, abortSignal });
    }),
  countKnown: (source) =>
    call('ledger count', async (abortSignal) => {
      let count = 0;
      const filter = `PartitionKey eq '${copiesOf(source)}' and state eq 'copied'`;
      const rows = table.listEntities({ queryOptions: { filter, select: ['RowKey'] }, abortSignal });
      for await (const page of rows.byPage({ maxPageSize: PAGE_SIZE })) count += page.length;
      return count;
    }),
});
