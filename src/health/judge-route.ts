import type { EndpointReading, Loss, RouteRow } from './route-ports.js';

/** "IoT Hub message routing", endpoint health: what cannot be delivered is tried again for an hour and then dropped. */
const ROUTES_KEEP_IN_MS = 60 * 60_000;

/**
 * What is known of an endpoint after one more reading. Pure. It may have lost messages where the hub calls it dead, or where it failed and
 * `succeededAt - before.succeededAt >= ROUTES_KEEP_IN_MS`.
 */
export function judgeRoute(
  before: RouteRow | undefined,
  { name: endpoint, status, succeededAt, failedAt }: EndpointReading,
  { source, now }: { source: RouteRow['source']; now: Date },
): RouteRow {
  const last = succeededAt ?? before?.succeededAt;
  const loss = lossOf(before, { status, succeededAt, failedAt }, now);
  return {
    source,
    endpoint,
    status,
    since: before?.status === status ? before.since : now,
    ...(last && { succeededAt: last }),
    ...(loss && { loss }),
  };
}

type Sight = Pick<RouteRow, 'status'> & { succeededAt: Date | undefined; failedAt: Date | undefined };

function lossOf(before: RouteRow | undefined, { status, succeededAt, failedAt }: Sight, now: Date): Loss | undefined {
  const known = before?.loss;
  if (status === 'dead') return { from: known?.from ?? before?.succeededAt ?? succeededAt ?? now };
  if (known) return known.to ? known : { from: known.from, to: succeededAt ?? now };
  if (!before?.succeededAt || !succeededAt || !failedAt || failedAt < before.succeededAt) return undefined;
  const gapInMs = succeededAt.getTime() - before.succeededAt.getTime();
  return gapInMs >= ROUTES_KEEP_IN_MS ? { from: before.succeededAt, to: succeededAt } : undefined;
}

/** Nothing that an operator has to know of. */
export const isWell = ({ status, loss }: RouteRow): boolean =>
  loss === undefined && (status === 'healthy' || status === 'unknown');
