import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { HubRole } from '../../hub-model.js';
import type { BudgetRow, BudgetStorePort } from '../../pacing/ports.js';
import { createStorageCall } from './storage-call.js';
import { isStatus } from './storage-errors.js';

const rowSchema = z.object({
  instanceId: z.string(),
  beat: z.number(),
  at: z.coerce.date(),
  day: z.string(),
  used: z.number(),
  // Rows of before this field promise nothing beyond what was used.
  upTo: z.number().default(0),
  weight: z.number(),
});

/** Rows of this age count for no day that is still running anywhere. */
const FORGET_AFTER_IN_MS = 2 * 86_400_000;

/** In the ledger's table, partition `{hub}~budget`, a row per instance: hub names hold no `~`. */
export const createBudgetRows = (table: TableClient, hubNames: Record<HubRole, string>): BudgetStorePort => {
  const call = createStorageCall((abortSignal) => table.createTable({ abortSignal }));
  return {
    report: (hub, row) =>
      call('budget report', async (abortSignal) => {
        const partitionKey = `${hubNames[hub].toLowerCase()}~budget`;
        await table.upsertEntity({ partitionKey, rowKey: row.instanceId, ...row }, 'Replace', { abortSignal });
        const rows: BudgetRow[] = [];
        const queryOptions = { filter: `PartitionKey eq '${partitionKey}'` };
        for await (const entity of table.listEntities({ queryOptions, abortSignal })) {
          const other = rowSchema.safeParse(entity);
          if (other.success && row.at.getTime() - other.data.at.getTime() < FORGET_AFTER_IN_MS) rows.push(other.data);
          else await forget(table, partitionKey, entity.rowKey, abortSignal);
        }
        return rows;
      }),
  };
};

/** Two instances may forget the same row. */
const forget = async (table: TableClient, partitionKey: string, rowKey = '', abortSignal: AbortSignal) => {
  try {
    await table.deleteEntity(partitionKey, rowKey, { abortSignal });
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
  }
};
