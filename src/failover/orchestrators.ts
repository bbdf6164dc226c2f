import type { OrchestrationContext, OrchestrationHandler, Task } from 'durable-functions';
import { z } from 'zod';
import { names } from './names.js';

/** Inputs and outputs as JSON; a missing input comes as an empty text. */
const inputSchema = z.object({ hub: z.string().min(1), failoverInMs: z.number().positive() });

const actionSchema = z.object({ kind: z.literal('upkeep'), generation: z.number(), keys: z.boolean() });
const outcomeSchema = z.object({
  actions: z.array(actionSchema),
  lookAgainInMs: z.number().positive(),
  unwatched: z.boolean().optional(),
});

export const upkeepInputSchema = z.object({ hub: z.string().min(1), generation: z.number(), keys: z.boolean() });

type Steps = Generator<Task, void, unknown>;

/**
 * One round of a hub's watch, then itself anew, until the settings name the hub no more. Everything that decides or reads is in the activity. It races nothing but an external event
 * and a fresh timer: an activity yielded again in a second `Task.any` runs again (seen with host 4.1037 and durable-functions 3.5.0). A round that fails is no news.
 */
function* watch(context: OrchestrationContext): Steps {
  const { df } = context;
  const input = inputSchema.parse(df.getInput());
  let lookAgainInMs = input.failoverInMs;
  try {
    const outcome = outcomeSchema.parse(yield df.callActivity(names.roundActivity, { hub: input.hub }));
    if (outcome.unwatched === true) return;
    lookAgainInMs = outcome.lookAgainInMs;
    for (const { generation, keys } of outcome.actions)
      yield df.callActivity(names.startUpkeepActivity, { hub: input.hub, generation, keys });
  } catch (error) {
    if (!df.isReplaying) context.warn(`consumer failover: a round of ${input.hub} failed`, nameOf(error));
  }
  const timer = df.createTimer(new Date(df.currentUtcDateTime.getTime() + lookAgainInMs));
  const look = df.waitForExternalEvent(names.lookEvent);
  const first: unknown = yield df.Task.any([look, timer]);
  if (first === look) {
    timer.cancel();
    // Else the look comes again in the next generation, and in each one after it (azure-functions-durable-extension, issue 2606).
    yield df.createTimer(df.currentUtcDateTime);
  }
  df.continueAsNew(input);
}

/** The message may quote anything that .NET or an activity put there. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** Beside the watch, so that a call which gets no answer delays nothing. */
function* upkeep(context: OrchestrationContext): Steps {
  const input = upkeepInputSchema.parse(context.df.getInput());
  yield context.df.callActivity(names.upkeepActivity, input);
}

export const watchOrchestrator: OrchestrationHandler = watch;
export const upkeepOrchestrator: OrchestrationHandler = upkeep;
