import { HostError } from './host-error.js';
import type {
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  ProgrammingModel,
  RpcLogCategory,
  RpcLogLevel,
} from './rpc-types.js';

export type HookName = 'appStart' | 'appTerminate' | 'preInvocation' | 'postInvocation' | 'log';
const hookNames: readonly string[] = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'];

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What one app registered while it was loading. */
export interface Registrations {
  readonly functions: Map<string, RegisteredFunction>;
  readonly hooks: Record<HookName, HookCallback[]>;
}

/** What `@azure/functions-core` (lab/functions-core) finds on the global. One for the process, whichever hosts run in it. */
interface CoreState {
  /** `@azure/functions` sets it once for the process, at the first registration. */
  model: ProgrammingModel | undefined;
  /** The app that is loading: registrations are its own. */
  loading: Registrations | undefined;
  /** Loads wait for each other, else registrations would go to the wrong host. */
  queue: Promise<unknown>;
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): () => void;
  registerHook(name: string, callback: HookCallback): () => void;
  log(level: RpcLogLevel, category: RpcLogCategory, message: string): void;
}

const key = Symbol.for('iothub-standby.functions-core');

function loadingApp(state: CoreState, what: string): Registrations {
  if (state.loading === undefined) {
    throw new HostError('host.lateRegistration', `A ${what} can only be registered during app startup.`);
  }
  return state.loading;
}

function createState(): CoreState {
  return {
    model: undefined,
    loading: undefined,
    queue: Promise.resolve(),
    registerFunction(metadata, callback) {
      const { functions } = loadingApp(this, 'function');
      if (functions.has(metadata.name)) {
        throw new HostError('host.badFunction', `A function with name "${metadata.name}" has already been registered.`);
      }
      functions.set(metadata.name, { metadata, callback });
      return () => functions.delete(metadata.name);
    },
    registerHook(name, callback) {
      if (!hookNames.includes(name)) throw new RangeError(`Unrecognized hook "${name}"`);
      const app = this.loading ?? loadingApp(this, 'hook');
      const list = app.hooks[name as HookName];
      list.push(callback);
      return () => {
        const index = list.indexOf(callback);
        if (index >= 0) list.splice(index, 1);
      };
    },
    log(level, _category, message) {
      if (level !== 'trace' && level !== 'debug') process.stderr.write(`[functions] ${message}\n`);
    },
  };
}

/** The process-wide state, made at its first use. */
export function coreState(): CoreState {
  const holder = globalThis as { [key]?: CoreState };
  holder[key] ??= createState();
  return holder[key];
}

/** No functions and no hooks. */
export function emptyRegistrations(): Registrations {
  return {
    functions: new Map(),
    hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
  };
}
