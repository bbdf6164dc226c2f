import type { DurableClient, DurableOrchestrationStatus, OrchestrationRuntimeStatus } from 'durable-functions';
import { textAt } from './error-fields.js';

const OVER: readonly `${OrchestrationRuntimeStatus}`[] = ['Completed', 'Failed', 'Canceled', 'Terminated'];

/** Of an instance that is not over; undefined: there is none. The client rejects for an unknown id, in words only (durable-functions 3.5). */
export async function aliveStatus(
  client: Pick<DurableClient, 'getStatus'>,
  instanceId: string,
): Promise<DurableOrchestrationStatus | undefined> {
  try {
    const status = await client.getStatus(instanceId);
    return OVER.includes(status.runtimeStatus) ? undefined : status;
  } catch (error) {
    if (/HTTP 404/.test(textAt(error, 'message') ?? '')) return undefined;
    throw error;
  }
}

/** True while an instance of this id is not over. */
export const isAlive = async (client: Pick<DurableClient, 'getStatus'>, instanceId: string): Promise<boolean> =>
  (await aliveStatus(client, instanceId)) !== undefined;

/** Starts the instance unless it runs. The extension refuses a second one of an id that runs: whoever comes second has nothing to do. */
export async function startOnce(
  client: Pick<DurableClient, 'getStatus' | 'startNew'>,
  orchestrator: string,
  instanceId: string,
  input: unknown,
): Promise<void> {
  if (await isAlive(client, instanceId)) return;
  try {
    await client.startNew(orchestrator, { instanceId, input });
  } catch (error) {
    if (!(await isAlive(client, instanceId))) throw error;
  }
}
