import { z } from 'zod';

/** ActionType of durable-functions 3: src/actions/ActionType.ts. */
export const actionType = {
  callActivity: 0,
  callActivityWithRetry: 1,
  callSubOrchestrator: 2,
  callSubOrchestratorWithRetry: 3,
  continueAsNew: 4,
  createTimer: 5,
  waitForExternalEvent: 6,
  whenAny: 11,
  whenAll: 12,
} as const;

const unsupported: Readonly<Record<number, string>> = {
  7: 'callEntity',
  8: 'callHttp',
  9: 'signalEntity',
  10: 'signalEntity at a time',
  13: 'lock',
  14: 'release of a lock',
};

/** What the real host can do, and the stand-in cannot; undefined when it can. */
export const unsupportedAction = (type: number): string | undefined =>
  Object.values<number>(actionType).includes(type) ? undefined : (unsupported[type] ?? `action type ${type}`);

const retryOptionsSchema = z.object({
  firstRetryIntervalInMilliseconds: z.number(),
  maxNumberOfAttempts: z.number(),
  backoffCoefficient: z.number().nullish(),
  maxRetryIntervalInMilliseconds: z.number().nullish(),
});
export type RetryOptions = z.infer<typeof retryOptionsSchema>;

/** One call that the orchestrator made, in the order of its calls. */
export interface Action {
  actionType: number;
  functionName?: string | undefined;
  input?: unknown;
  instanceId?: string | null | undefined;
  fireAt?: string | undefined;
  isCanceled?: boolean | undefined;
  externalEventName?: string | undefined;
  retryOptions?: RetryOptions | undefined;
  compoundActions?: Action[] | undefined;
}

const actionSchema: z.ZodType<Action> = z.object({
  actionType: z.number(),
  functionName: z.string().optional(),
  input: z.unknown().optional(),
  instanceId: z.string().nullish(),
  fireAt: z.string().optional(),
  isCanceled: z.boolean().optional(),
  externalEventName: z.string().optional(),
  retryOptions: retryOptionsSchema.optional(),
  compoundActions: z.lazy(() => z.array(actionSchema)).optional(),
});

/** What one run of an orchestrator function returns: all its actions since the start of the generation. */
export const orchestratorStateSchema = z.object({
  isDone: z.boolean(),
  actions: z.array(z.array(actionSchema)),
  output: z.unknown().optional(),
  error: z.string().optional(),
  customStatus: z.unknown().optional(),
});
export type OrchestratorState = z.infer<typeof orchestratorStateSchema>;
