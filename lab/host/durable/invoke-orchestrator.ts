import { z } from 'zod';
import type { RegisteredFunction } from '../core-state.js';
import { HostError } from '../host-error.js';
import type { Invoker } from '../invoke.js';
import { orchestratorStateSchema, type OrchestratorState } from './actions.js';
import type { HistoryEvent, InstanceState } from './contract.js';

/** Where a failed orchestrator's state stands in its error: durable-functions, OrchestrationFailureError. */
const failureMark = '\n\n$OutOfProcData$:';

/** Runs the orchestrator function once over `history`. Throws what makes no sense to the protocol. */
export async function invokeOrchestrator(
  { invoker, target }: { invoker: Invoker; target: RegisteredFunction },
  { instanceId, input, parent }: InstanceState,
  history: readonly HistoryEvent[],
): Promise<OrchestratorState> {
  const binding = {
    instanceId,
    history,
    // A missing input arrives as an empty text.
    input: input === undefined ? '' : (JSON.parse(input) as unknown),
    isReplaying: history.some(({ IsPlayed }) => IsPlayed),
    parentInstanceId: parent?.instanceId ?? null,
    maximumShortTimerDuration: '6.00:00:00',
    longRunningTimerIntervalDuration: '3.00:00:00',
    defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
    upperSchemaVersion: 2,
    upperSchemaVersionNew: 3,
  };
  try {
    const { returnValue } = await invoker.invoke(target, { data: { json: JSON.stringify(binding) } });
    return parseState(returnValue?.json ?? returnValue?.string);
  } catch (error) {
    const [, failed] = error instanceof Error ? error.message.split(failureMark) : [];
    if (failed === undefined) throw error;
    return parseState(failed);
  }
}

function parseState(text: string | undefined): OrchestratorState {
  const parsed = orchestratorStateSchema.safeParse(JSON.parse(text ?? 'null'));
  if (parsed.success) return parsed.data;
  const message = `An orchestrator function returned what durable-functions 3 does not: ${z.prettifyError(parsed.error)}`;
  throw new HostError('host.badFunction', message);
}
