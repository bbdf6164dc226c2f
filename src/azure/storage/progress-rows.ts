import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { progressSchema, type Progress } from '../../consumers-document.js';
import { AppError } from '../../errors.js';
import { mergeProgress, toProgress, wentBack, type StoredProgress } from '../../failover/merge-progress.js';
import type { ProgressPort } from '../../failover/ports.js';
import { encodeText } from './key-encoding.js';
import { createStorageCall } from './storage-call.js';
import { isStatus } from './storage-errors.js';

/** Of one generation: whoever has the key of progress may invent names, and each is a row that every round reads. */
const MAX_CONSUMERS = 64;
const MAX_TRIES = 10;

const shape = progressSchema.shape;
const columnsSchema = z.object({ consumer: shape.consumer, generation: shape.generation, told: z.string() });
const placeSchema = shape.partitions.element.extend({ toldAt: z.iso.datetime() });
const toldSchema = z.object({
  partitions: z.array(placeSchema),
  notSeen: z.array(placeSchema).default([]),
  first: shape.first,
  duplicates: z.record(z.string(), z.number()),
});

function parseRow(entity: unknown): StoredProgress {
  try {
    const { consumer, generation, told } = columnsSchema.parse(entity);
    const { first, ...rest } = toldSchema.parse(JSON.parse(told));
    return { consumer, generation, ...rest, ...(first === undefined ? {} : { first }) };
  } catch (cause) {
    throw new AppError('storageRefused', 'a row of progress is not valid', { retryable: false, cause });
  }
}

/** In the ledger's table, partition `{hub}~progress`, a row for each consumer and generation: hub names hold no `~`. */
export const createProgressRows = (table: TableClient): ProgressPort => {
  const call = createStorageCall((abortSignal) => table.createTable({ abortSignal }));
  const partitionOf = (hub: string) => `${hub.toLowerCase()}~progress`;
  const rowKeyOf = ({ consumer, generation }: Pick<Progress, 'consumer' | 'generation'>) =>
    `${String(generation).padStart(10, '0')}~${encodeText(consumer)}`;

  async function* rowsOf(hub: string, range: string, abortSignal: AbortSignal) {
    const queryOptions = { filter: `PartitionKey eq '${partitionOf(hub)}'${range}` };
    yield* table.listEntities({ queryOptions, abortSignal });
  }
  const below = (generation: number) => ` and RowKey lt '${String(generation).padStart(10, '0')}'`;

  async function find(hub: string, told: Progress, abortSignal: AbortSignal) {
    try {
      return await table.getEntity(partitionOf(hub), rowKeyOf(told), { abortSignal });
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async function count(hub: string, generation: number, abortSignal: AbortSignal): Promise<number> {
    let found = 0;
    const range = ` and RowKey ge '${rowKeyOf({ consumer: '', generation })}'${below(generation + 1)}`;
    for await (const _row of rowsOf(hub, range, abortSignal)) found += 1;
    return found;
  }

  async function save(hub: string, row: StoredProgress, etag: string | undefined, abortSignal: AbortSignal) {
    const { consumer, generation, ...told } = row;
    const keys = { partitionKey: partitionOf(hub), rowKey: rowKeyOf(row) };
    const entity = { ...keys, consumer, generation, told: JSON.stringify(told) };
    try {
      if (etag === undefined) await table.createEntity(entity, { abortSignal });
      else await table.updateEntity(entity, 'Replace', { etag, abortSignal });
      return true;
    } catch (error) {
      if (isStatus(error, 409, 412)) return false;
      throw error;
    }
  }

  return {
    list: (hub) =>
      call('progress list', async (abortSignal) => {
        const rows = [];
        for await (const entity of rowsOf(hub, '', abortSignal)) rows.push(toProgress(parseRow(entity)));
        return rows;
      }),
    add: (hub, told, at, notSeen) =>
      call('progress add', async (abortSignal) => {
        for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
          const found = await find(hub, told, abortSignal);
          if (!found && (await count(hub, told.generation, abortSignal)) >= MAX_CONSUMERS) return 'tooManyConsumers';
          const known = found && parseRow(found);
          const merged = mergeProgress(known, told, at, notSeen);
          if (await save(hub, merged, found?.etag, abortSignal)) return { wentBack: wentBack(known, told, notSeen) };
        }
        throw new AppError('storageConflict', 'progress add: others wrote each time', { retryable: true });
      }),
    forget: (hub, generation) =>
      call('progress forget', async (abortSignal) => {
        for await (const { partitionKey = '', rowKey = '' } of rowsOf(hub, below(generation), abortSignal))
          try {
            await table.deleteEntity(partitionKey, rowKey, { abortSignal });
          } catch (error) {
            // Another instance forgot it first.
            if (!isStatus(error, 404)) throw error;
          }
      }),
  };
};
