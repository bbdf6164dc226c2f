import type { ActivityHandler, DurableClient, OrchestrationHandler } from 'durable-functions';
import { OrchestrationRuntimeStatus } from 'durable-functions';
import { z } from 'zod';
import { sliceReportSchema, type SliceReport } from '../relay/slice.js';
import { runWithLog } from './invocation-log.js';

export const sliceActivity = 'relaySlice';
export const sliceOrchestrator = 'relayOrchestrator';
const slotInstanceId = (slot: number): string => `relay-${slot}`;

/** After a slice that failed. */
const RETRY_IN_MS = 30_000;

const slotSchema = z.number().int().min(0);

/**
 * Eternal, one instance per slot: one slice after another, each awaited alone (raced tasks are started twice by the host), with
 * nothing kept from one to the next.
 */
export const relayOrchestrator: OrchestrationHandler = function* ({ df }) {
  const slot = slotSchema.parse(df.getInput());
  let againInMs = RETRY_IN_MS;
  try {
    const report = sliceReportSchema.parse(yield df.callActivity(sliceActivity, slot));
    df.setCustomStatus(report);
    if (report.outcome === 'retired') return;
    againInMs = report.againInMs;
  } catch {
    // The activity has logged what it was; here its text would be .NET's.
    df.setCustomStatus({ outcome: 'failed' });
  }
  if (againInMs > 0) yield df.createTimer(new Date(df.currentUtcDateTime.getTime() + againInMs));
  df.continueAsNew(slot);
};

export const relaySliceHandler =
  (serveSlot: (slot: number) => Promise<SliceReport>): ActivityHandler =>
  (input, context) =>
    runWithLog(context, () => serveSlot(slotSchema.parse(input)));

const over: ReadonlySet<OrchestrationRuntimeStatus> = new Set([
  OrchestrationRuntimeStatus.Completed,
  OrchestrationRuntimeStatus.Failed,
  OrchestrationRuntimeStatus.Canceled,
  OrchestrationRuntimeStatus.Terminated,
]);

/** Starts each slot's orchestration that does not run. */
export async function keepSlots(client: KeeperClient, slots: number): Promise<void> {
  for (let slot = 0; slot < slots; slot += 1) {
    const instanceId = slotInstanceId(slot);
    if (await isRunning(client, instanceId)) continue;
    try {
      await client.startNew(sliceOrchestrator, { instanceId, input: slot });
    } catch (error) {
      // The host refuses a second instance of an id that runs: somebody else was quicker.
      if (!(await isRunning(client, instanceId))) throw error;
    }
  }
}

export type KeeperClient = Pick<DurableClient, 'getStatus' | 'startNew'>;

/** The client rejects for an unknown id, in words only (durable-functions 3.5). */
async function isRunning(client: KeeperClient, instanceId: string): Promise<boolean> {
  try {
    const { runtimeStatus } = await client.getStatus(instanceId);
    return !over.has(runtimeStatus);
  } catch (error) {
    if (error instanceof Error && /HTTP 404/.test(error.message)) return false;
    throw error;
  }
}
