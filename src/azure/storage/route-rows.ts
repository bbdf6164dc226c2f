import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { hubRoles, type HubRole } from '../../hub-model.js';
import type { RouteRow, RouteRowsPort } from '../../health/route-ports.js';
import { encodeText } from './key-encoding.js';
import { createStorageCall } from './storage-call.js';

const rowSchema = z.object({
  endpoint: z.string(),
  status: z.string(),
  since: z.coerce.date(),
  succeededAt: z.coerce.date().optional(),
  lossFrom: z.coerce.date().optional(),
  lossTo: z.coerce.date().optional(),
});

const toRow = (source: HubRole, row: z.infer<typeof rowSchema>): RouteRow => {
  const { lossFrom: from, lossTo: to, succeededAt, ...rest } = row;
  return {
    source,
    ...rest,
    ...(succeededAt && { succeededAt }),
    ...(from && { loss: { from, ...(to && { to }) } }),
  };
};

/** One row for each endpoint, in partitions of their own. The timer that writes them runs once at a time. */
export const createRouteRows = (table: TableClient, hubNames: Record<HubRole, string>): RouteRowsPort => {
  const call = createStorageCall((abortSignal) => table.createTable({ abortSignal }));
  const partitionOf = (source: HubRole) => `${hubNames[source].toLowerCase()}~routes`;
  return {
    list: () =>
      call('route list', async (abortSignal) => {
        const found: RouteRow[] = [];
        for (const source of hubRoles) {
          const filter = `PartitionKey eq '${partitionOf(source)}'`;
          for await (const entity of table.listEntities({ queryOptions: { filter }, abortSignal })) {
            const row = rowSchema.safeParse(entity);
            if (row.success) found.push(toRow(source, row.data));
          }
        }
        return found;
      }),
    put: ({ source, loss, ...rest }) =>
      call('route write', async (abortSignal) => {
        const keys = { partitionKey: partitionOf(source), rowKey: encodeText(rest.endpoint) };
        const columns = { ...rest, ...(loss && { lossFrom: loss.from, ...(loss.to && { lossTo: loss.to }) }) };
        await table.upsertEntity({ ...keys, ...columns }, 'Replace', { abortSignal });
      }),
  };
};
