import type { ActivityHandler, OrchestrationHandler } from 'durable-functions';
import { z } from 'zod';
import { RETRY_IN_MS } from '../relay/slice-times.js';
import { sliceReportSchema, type SliceReport } from '../relay/slice.js';
import { runWithLog } from './invocation-log.js';

export const sliceActivity = 'relaySlice';
export const sliceOrchestrator = 'relayOrchestrator';
const slotInstanceId = (slot: number): string => `relay-${slot}`;

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

/** Starts an instance unless it runs. */
export type StartOnce = (orchestrator: string, instanceId: string, input: unknown) => Promise<void>;

/** Starts each slot's orchestration that does not run. */
export async function keepSlots(startOnce: StartOnce, slots: number): Promise<void> {
  for (let slot = 0; slot < slots; slot += 1) await startOnce(sliceOrchestrator, slotInstanceId(slot), slot);
}
