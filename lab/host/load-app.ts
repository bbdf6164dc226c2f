import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { coreState, emptyRegistrations, type RegisteredFunction, type Registrations } from './core-state.js';
import { HostError } from './host-error.js';
import type { ProgrammingModel, RpcBinding } from './rpc-types.js';

/** Imports the app and registers its functions, or the path of the entry file that does. */
export type AppEntry = (() => unknown) | string;

export interface LoadedApp extends Registrations {
  readonly model: ProgrammingModel;
}

/** A trigger with the name that its data must carry. */
export interface TriggerBinding extends RpcBinding {
  readonly name: string;
}

let loads = 0;

/** The second host of a process must run the entry file again; the modules below it register nothing by themselves. */
function importEntry(path: string): Promise<unknown> {
  const url = pathToFileURL(resolve(path));
  loads += 1;
  if (loads > 1) url.searchParams.set('load', String(loads));
  return import(/* @vite-ignore */ url.href);
}

/**
 * Runs the entry point; what it registers belongs to this app alone. Loads in one process wait for each other.
 * Throws `host.entryPoint` with the app's own error as cause: the real host shows it and has no functions.
 */
export async function loadApp(entry: AppEntry): Promise<LoadedApp> {
  const state = coreState();
  const load = state.queue.then(async (): Promise<LoadedApp> => {
    const registrations = emptyRegistrations();
    state.loading = registrations;
    try {
      await (typeof entry === 'string' ? importEntry(entry) : entry());
    } catch (cause) {
      throw new HostError('host.entryPoint', `The entry point failed: ${String(cause)}`, { cause });
    } finally {
      state.loading = undefined;
    }
    if (state.model === undefined || registrations.functions.size === 0) {
      throw new HostError('host.entryPoint', 'No functions were found: the entry point registered none.');
    }
    for (const one of registrations.functions.values()) checkFunction(one);
    return { ...registrations, model: state.model };
  });
  // The next load waits for this one, but does not share its failure: the caller sees it.
  state.queue = load.then(
    () => undefined,
    () => undefined,
  );
  return load;
}

/** The host's rule for names: a letter first, then letters, digits, `_` and `-`, at most 127. */
const functionName = /^[a-z][a-z0-9_-]{0,126}$/i;

function checkFunction({ metadata }: RegisteredFunction): void {
  if (!functionName.test(metadata.name)) {
    throw new HostError('host.badFunction', `'${metadata.name}' is not a valid function name.`);
  }
  const triggers = Object.values(metadata.bindings).filter(({ type }) => /trigger$/i.test(type));
  if (triggers.length !== 1) {
    const found = triggers.length === 0 ? 'No trigger binding' : 'Multiple trigger bindings';
    throw new HostError('host.badFunction', `${found} specified for the function '${metadata.name}'.`);
  }
}

/** The one trigger of a function. */
export function triggerOf({ metadata }: RegisteredFunction): TriggerBinding {
  for (const [name, binding] of Object.entries(metadata.bindings)) {
    if (/trigger$/i.test(binding.type)) return { ...binding, name };
  }
  throw new HostError('host.badFunction', `No trigger binding specified for the function '${metadata.name}'.`);
}

/** An option of a trigger as text; undefined when it is absent. */
export function textOption(binding: RpcBinding, name: string): string | undefined {
  const value = binding[name];
  return typeof value === 'string' ? value : undefined;
}
