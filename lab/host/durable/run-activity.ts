import type { RegisteredFunction } from '../core-state.js';
import type { Invoker } from '../invoke.js';
import type { RpcTypedData } from '../rpc-types.js';
import type { TaskOutcome } from './contract.js';
import type { WorkItem } from './work-items.js';

/** What a function returned, as JSON text. */
function jsonText(value: RpcTypedData | null | undefined): string {
  if (value?.json !== undefined) return value.json;
  if (value?.bytes !== undefined) return JSON.stringify(Buffer.from(value.bytes).toString('base64'));
  return JSON.stringify(value?.string ?? value?.int ?? value?.double ?? null);
}

/** Runs one activity function. Never rejects: a failure is an outcome, with the texts that the .NET side makes of it. */
export async function runActivity(
  invoker: Invoker,
  activities: ReadonlyMap<string, RegisteredFunction>,
  { name, input }: WorkItem,
): Promise<TaskOutcome> {
  const target = activities.get(name.toLowerCase());
  if (target === undefined) {
    const reason = `The activity function '${name}' doesn't exist, is disabled, or is not an activity function.`;
    return { reason, details: '' };
  }
  try {
    // A missing input arrives as an empty text.
    const data: RpcTypedData = input === undefined ? { string: '' } : { json: input };
    const { returnValue } = await invoker.invoke(target, { data });
    return { result: jsonText(returnValue) };
  } catch (error) {
    const [message, stack] = error instanceof Error ? [error.message, error.stack ?? ''] : [String(error), ''];
    return {
      reason: `Activity function '${name}' failed: ${message}`,
      details: `Microsoft.Azure.WebJobs.Script.Workers.Rpc.RpcException: Result: Failure\nException: ${message}\nStack: ${stack}`,
    };
  }
}
