import { randomBytes, randomUUID } from 'node:crypto';
import type { HookName, RegisteredFunction } from './core-state.js';
import { triggerOf, type LoadedApp } from './load-app.js';
import type {
  CoreInvocationContext,
  FunctionCallback,
  InvocationResponse,
  RpcBinding,
  RpcLogLevel,
  RpcRetryContext,
  RpcTypedData,
} from './rpc-types.js';

export type HostLog = (line: string) => void;

/** One call of a function. */
export interface Invocation {
  data: RpcTypedData;
  triggerMetadata?: Record<string, RpcTypedData>;
  retryContext?: RpcRetryContext;
  /** Default: a new one. */
  invocationId?: string;
}

export interface Invoker {
  /** Rejects with what the handler threw. */
  invoke(target: RegisteredFunction, invocation: Invocation): Promise<InvocationResponse>;
  runHooks(name: HookName, context: Record<string, unknown>): Promise<void>;
}

const shown: readonly RpcLogLevel[] = ['information', 'warning', 'error', 'critical'];
const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' | ');

/** The value of an input binding that is not the trigger; undefined when it has none. */
export type ExtraInput = (binding: RpcBinding) => RpcTypedData | undefined;

/** Runs functions of one app in the order of the Node worker: arguments, hooks, handler, hooks, response. */
export function createInvoker(app: LoadedApp, log: HostLog, extraInput: ExtraInput = () => undefined): Invoker {
  const appHookData: Record<string, unknown> = {};

  const runHooks = async (name: HookName, context: Record<string, unknown>): Promise<void> => {
    context['appHookData'] = appHookData;
    for (const hook of app.hooks[name]) await hook(context);
  };

  const extraInputs = ({ metadata }: RegisteredFunction): { name: string; data: RpcTypedData }[] =>
    Object.entries(metadata.bindings).flatMap(([name, binding]) => {
      const data = extraInput(binding);
      return data === undefined ? [] : [{ name, data }];
    });

  const run = async (target: RegisteredFunction, call: Invocation, id: string): Promise<InvocationResponse> => {
    const { metadata } = target;
    const core: CoreInvocationContext = {
      invocationId: id,
      metadata,
      request: {
        invocationId: id,
        functionId: metadata.name,
        inputData: [{ name: triggerOf(target).name, data: call.data }, ...extraInputs(target)],
        triggerMetadata: call.triggerMetadata ?? {},
        traceContext: { traceParent: traceParent(), traceState: '', attributes: {} },
        ...(call.retryContext === undefined ? {} : { retryContext: call.retryContext }),
      },
      log: (level, category, message) => {
        const entry = { level, category, message, invocationContext: hookContext?.['invocationContext'] };
        for (const hook of app.hooks.log) void hook(entry);
        if (shown.includes(entry.level)) log(`[${metadata.name}] ${oneLine(entry.message)}`);
      },
    };
    let hookContext: Record<string, unknown> | undefined;
    const model = app.model.getInvocationModel(core);
    const { context, inputs } = await model.getArguments();
    hookContext = { invocationContext: context, functionCallback: target.callback, inputs, hookData: {} };
    core.state = 'preInvocationHooks';
    await runHooks('preInvocation', hookContext);
    core.state = 'invocation';
    const callback = hookContext['functionCallback'] as FunctionCallback;
    const outcome = await model.invokeFunction(context, hookContext['inputs'] as unknown[], callback).then(
      (result) => ({ result, error: undefined }),
      (error: unknown) => ({ result: undefined, error: error ?? new Error('The handler rejected without a reason.') }),
    );
    Object.assign(hookContext, outcome);
    core.state = 'postInvocationHooks';
    await runHooks('postInvocation', hookContext);
    // A postInvocation hook may mend or replace the outcome.
    if (hookContext['error'] !== undefined && hookContext['error'] !== null) throw hookContext['error'];
    return model.getResponse(context, hookContext['result']);
  };

  return {
    runHooks,
    async invoke(target, call) {
      const id = call.invocationId ?? randomUUID();
      const start = performance.now();
      const end = (how: string): void =>
        log(`Executed '${target.metadata.name}' (${how}, id ${id}, ${Math.round(performance.now() - start)} ms)`);
      try {
        const response = await run(target, call, id);
        end('Succeeded');
        return response;
      } catch (error) {
        end(`Failed: ${oneLine(String(error))}`);
        throw error;
      }
    },
  };
}

/** W3C Trace Context, "traceparent". */
function traceParent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
}
