import { odata, type TableClient } from '@azure/data-tables';
import type { HubRole } from '../../hub-model.js';
import type { LedgerPort } from '../../registry/ports.js';
import type { StorageCall } from './storage-call.js';
import { isStatus } from './storage-errors.js';

/** "Querying tables and entities": `Timestamp` is when the service last wrote the row. */
export const createTombstonePurge =
  (table: TableClient, call: StorageCall, partitionOf: (source: HubRole) => string): LedgerPort['purgeTombstones'] =>
  async (source, before, limit) => {
    const rows = await call('ledger list', async (abortSignal) => {
      const filter = odata`PartitionKey eq ${partitionOf(source)} and state eq 'tombstone' and Timestamp lt ${before}`;
      const found: { rowKey: string; etag: string }[] = [];
      for await (const { rowKey, etag } of table.listEntities({ queryOptions: { filter }, abortSignal })) {
        if (rowKey !== undefined) found.push({ rowKey, etag });
        if (found.length >= limit) break;
      }
      return found;
    });
    let count = 0;
    for (const { rowKey, etag } of rows) if (await deleteUnlessWritten(rowKey, etag)) count += 1;
    return count;

    async function deleteUnlessWritten(rowKey: string, etag: string): Promise<boolean> {
      return call('ledger delete', async (abortSignal) => {
        try {
          await table.deleteEntity(partitionOf(source), rowKey, { etag, abortSignal });
          return true;
        } catch (error) {
          if (isStatus(error, 412) || isStatus(error, 404)) return false;
          throw error;
        }
      });
    }
  };
