import { fork, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { projectFile } from '../net/project-file.js';
import { ChildProcessError } from './child-process-error.js';

export interface ManagedChildOptions {
  args?: string[];
  /** The whole environment of the child. Default: this process's own. */
  env?: NodeJS.ProcessEnv;
  execArgv?: string[];
  cwd?: string;
  /** Each line that the child prints. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Each message from the child over the IPC channel. */
  onMessage?: (message: unknown) => void;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child that never outlives this process. */
export interface ManagedChild {
  readonly pid: number;
  /** Resolves when the child has ended and was reaped: from then on its pid means nothing. Never rejects. */
  readonly exited: Promise<ChildExit>;
  send(message: NodeJS.Dict<unknown>): void;
  /** The next matching line of stdout. Rejects with ChildProcessError when the child ends first, or after `timeoutInMs` (30000). */
  waitForLine(pattern: RegExp, options?: { timeoutInMs?: number }): Promise<RegExpMatchArray>;
  /** The next message that `isIt` accepts. Rejects as `waitForLine` does. */
  waitForMessage<T>(isIt: (message: unknown) => message is T, options?: { timeoutInMs?: number }): Promise<T>;
  /** A crash: no handler of the child runs. */
  kill(): Promise<ChildExit>;
  /** SIGTERM, and SIGKILL after `killAfterInMs` (5000). Resolves when the child has ended; also when it had already. */
  close(options?: { killAfterInMs?: number }): Promise<ChildExit>;
}

const START_TIMEOUT_IN_MS = 30_000;
const KILL_AFTER_IN_MS = 5_000;
const KEPT_LINES = 20;

/** Starts a Node script with an IPC channel and the preload that ties its life to ours. */
export function forkManaged(script: string, options: ManagedChildOptions = {}): ManagedChild {
  const child = fork(script, options.args ?? [], {
    env: options.env ?? process.env,
    execArgv: ['--require', projectFile('lab/processes/exit-with-parent.cjs'), ...(options.execArgv ?? [])],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const lastLines: string[] = [];
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    // The process could not even be started (no memory, no descriptor): `exit` never comes.
    child.once('error', (error) => {
      lastLines.push(String(error));
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
  });

  // The pipes are always read: a full one would stop the child.
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream]! }).on('line', (line) => {
      if (lastLines.push(line) > KEPT_LINES) lastLines.shift();
      child.emit('lab:line', line, stream);
      options.onLine?.(line, stream);
    });
  }
  if (options.onMessage !== undefined) child.on('message', options.onMessage);

  const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const end = async (signal: NodeJS.Signals): Promise<ChildExit> => {
    if (!ended()) child.kill(signal);
    return exited;
  };

  return {
    pid: child.pid ?? -1,
    exited,
    send: (message) => {
      if (!ended()) child.send(message);
    },
    waitForLine: (pattern, { timeoutInMs = START_TIMEOUT_IN_MS } = {}) =>
      waitFor(child, 'lab:line', exited, lastLines, timeoutInMs, (line) => String(line).match(pattern) ?? undefined),
    waitForMessage: (isIt, { timeoutInMs = START_TIMEOUT_IN_MS } = {}) =>
      waitFor(child, 'message', exited, lastLines, timeoutInMs, (message) => (isIt(message) ? message : undefined)),
    kill: () => end('SIGKILL'),
    close: async ({ killAfterInMs = KILL_AFTER_IN_MS } = {}) => {
      const timer = setTimeout(() => void end('SIGKILL'), killAfterInMs);
      try {
        return await end('SIGTERM');
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function waitFor<Out>(
  child: ChildProcess,
  event: string,
  exited: Promise<ChildExit>,
  lastLines: string[],
  timeoutInMs: number,
  pick: (value: unknown) => Out | undefined,
): Promise<Out> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      child.off(event, look);
      act();
    };
    const fail = (code: 'exitedEarly' | 'startTimeout', what: string): void =>
      settle(() => reject(new ChildProcessError(code, [`${child.spawnfile} ${what}`, ...lastLines].join('\n'))));
    const look = (value: unknown): void => {
      const found = pick(value);
      if (found !== undefined) settle(() => resolve(found));
    };
    const timer = setTimeout(() => fail('startTimeout', `was not ready in ${timeoutInMs} ms`), timeoutInMs);
    child.on(event, look);
    void exited.then(({ code, signal }) => fail('exitedEarly', `ended with ${signal ?? code}`));
  });
}
