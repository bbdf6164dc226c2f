import type { InstanceState } from './contract.js';

interface StatusOptions {
  showInput: boolean;
  showHistory: boolean;
}

/** The status document of the HTTP API (learn.microsoft.com, "HTTP APIs in Durable Functions", Get instance status). */
export function statusOf(state: InstanceState, { showInput, showHistory }: StatusOptions): Record<string, unknown> {
  const { name, instanceId, status, customStatus, output, createdAt, updatedAt, input, history } = state;
  return {
    name,
    instanceId,
    runtimeStatus: status,
    input: showInput && input !== undefined ? (JSON.parse(input) as unknown) : null,
    customStatus,
    output,
    createdTime: createdAt,
    lastUpdatedTime: updatedAt,
    ...(showHistory ? { historyEvents: history } : {}),
  };
}

/** Whether it is one of those that the query of a list asks for. */
export function isWanted({ status, createdAt }: InstanceState, query: URLSearchParams): boolean {
  const wanted = query.get('runtimeStatus');
  const from = query.get('createdTimeFrom');
  const to = query.get('createdTimeTo');
  if (wanted !== null && !wanted.split(',').includes(status)) return false;
  if (from !== null && Date.parse(createdAt) < Date.parse(from)) return false;
  return to === null || Date.parse(createdAt) <= Date.parse(to);
}
