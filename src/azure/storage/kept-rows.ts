import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { hubRoles, type HubRole } from '../../hub-model.js';
import { keepReasons, type KeptCopy, type KeptPort } from '../../registry/ports.js';
import { encodeRowKey } from './key-encoding.js';
import type { StorageCall } from './storage-call.js';
import { isContainerAway, isStatus } from './storage-errors.js';

const keptSchema = z.object({
  deviceId: z.string(),
  moduleId: z.string().optional(),
  reason: z.enum(keepReasons),
  since: z.coerce.date(),
});

/** What health lists; all are counted. */
const LISTED = 20;

/** Kept copies have partitions of their own, so that listing them reads nothing else. */
export const createKeptRows = (
  table: TableClient,
  call: StorageCall,
  { partitionOf }: { partitionOf: (source: HubRole) => string },
): KeptPort => ({
  keep: (source, key, reason, since) =>
    call('kept copy write', async (abortSignal) => {
      const row = { partitionKey: partitionOf(source), rowKey: encodeRowKey(key), ...key, reason, since };
      await table.upsertEntity(row, 'Replace', { abortSignal });
    }),
  release: (source, key) =>
    call('kept copy delete', async (abortSignal) => {
      try {
        await table.deleteEntity(partitionOf(source), encodeRowKey(key), { abortSignal });
      } catch (error) {
        if (!isStatus(error, 404) || isContainerAway(error)) throw error;
      }
    }),
  list: () =>
    call('kept copies list', async (abortSignal) => {
      const counts: Record<string, number> = {};
      const first: KeptCopy[] = [];
      for (const source of hubRoles) {
        const filter = `PartitionKey eq '${partitionOf(source)}'`;
        for await (const row of table.listEntities({ queryOptions: { filter }, abortSignal })) {
          const parsed = keptSchema.safeParse(row);
          if (!parsed.success) continue;
          const { deviceId, moduleId, reason, since } = parsed.data;
          counts[reason] = (counts[reason] ?? 0) + 1;
          const key = { deviceId, ...(moduleId !== undefined && { moduleId }) };
          if (first.length < LISTED) first.push({ source, key, reason, since });
        }
      }
      return { counts, first };
    }),
});
