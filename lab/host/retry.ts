import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff } from './backoff.js';
import type { HostLog } from './invoke.js';
import type { RpcRetryContext, RpcRetryOptions } from './rpc-types.js';

const inMs = (duration: { seconds: number } | undefined): number => (duration?.seconds ?? 0) * 1000;

function delays(options: RpcRetryOptions): () => number {
  if (options.retryStrategy === 'fixedDelay') return () => inMs(options.delayInterval);
  const backoff = createBackoff(inMs(options.minimumInterval), inMs(options.maximumInterval));
  return () => backoff.next(false);
}

/**
 * A function-level retry policy: the first attempt, then `maxRetryCount` more (-1: for ever), counted in memory. The attempts
 * see `retryContext` from the first on (retryCount 0). Stops early when `signal` aborts. Resolves to whether one succeeded.
 * Source: azure-webjobs-sdk, FunctionExecutorExtensions.TryExecuteAsync.
 */
export async function runWithRetry(
  name: string,
  options: RpcRetryOptions | undefined,
  attempt: (context: RpcRetryContext | undefined) => Promise<void>,
  { signal, log }: { signal: AbortSignal; log: HostLog },
): Promise<boolean> {
  const nextDelay = options === undefined ? () => 0 : delays(options);
  let context: RpcRetryContext | undefined =
    options === undefined ? undefined : { retryCount: 0, maxRetryCount: options.maxRetryCount };
  for (;;) {
    try {
      await attempt(context);
      return true;
    } catch (error) {
      // The invoker has logged the error itself.
      if (context === undefined || context.retryCount === context.maxRetryCount) return false;
      const retryCount = context.retryCount + 1;
      context = { retryCount, maxRetryCount: context.maxRetryCount, exception: describe(error) };
      const waitInMs = nextDelay();
      log(`Waiting ${Math.round(waitInMs)} ms before retry ${retryCount} of '${name}'`);
      if (!(await waited(waitInMs, signal))) return false;
    }
  }
}

function describe(error: unknown): NonNullable<RpcRetryContext['exception']> {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return { source: '', message: error instanceof Error ? error.message : String(error), stackTrace: stack };
}

/** Whether the whole time has passed; false as soon as the host stops. */
async function waited(forMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(forMs, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
