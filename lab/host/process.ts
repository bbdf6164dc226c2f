import { dirname } from 'node:path';
import { projectFile } from '../net/project-file.js';
import { forkManaged, type ChildExit } from '../processes/managed-child.js';
import type { HostKeys } from './keys.js';
import type { HostTuning } from './trigger.js';

export interface HostProcessOptions {
  /** The app's entry file. Default: package.json "main" of `app`. */
  entry?: string;
  /** The app's folder, with package.json and host.json. Default: this project. */
  app?: string;
  /** Default: host.json of `app`. */
  hostJson?: string;
  /** App settings: they become the child's environment. */
  settings: Record<string, string>;
  /** The child's environment beneath the settings. Default: this process's own. */
  env?: NodeJS.ProcessEnv;
  execArgv?: string[];
  /** Default 0: a free one. Give it, and the keys, to a host that takes another's place. */
  port?: number;
  keys?: Partial<HostKeys>;
  tuning?: Partial<HostTuning>;
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
}

export interface HostProcess extends HostKeys, AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly functions: readonly string[];
  /** Resolves when the process has ended, for whatever reason. Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** A crash (SIGKILL): resolves when the process has ended. */
  kill(): Promise<ChildExit>;
  /** Graceful (SIGTERM); SIGKILL when it takes longer than 15 s. */
  close(): Promise<ChildExit>;
}

interface Ready extends HostKeys {
  type: 'ready';
  port: number;
  url: string;
  functions: string[];
}

const isReady = (message: unknown): message is Ready =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';

const closeLimitInMs = 15_000;

/** Starts the app in a child. Rejects with ChildProcessError, which carries the child's last lines, when it does not come up. */
export async function startHostProcess(options: HostProcessOptions): Promise<HostProcess> {
  const { settings, keys = {}, tuning = {}, app = dirname(projectFile('package.json')) } = options;
  const args = [
    ['--app', app],
    ['--entry', options.entry],
    ['--host-json', options.hostJson],
    ['--port', String(options.port ?? 0)],
  ].flatMap(([name, value]) => (name === undefined || value === undefined ? [] : [name, value]));
  const child = forkManaged(projectFile('dist/lab/host/main.js'), {
    args,
    env: { ...(options.env ?? process.env), LAB_HOST_START: JSON.stringify({ settings, keys, tuning }) },
    execArgv: ['--disable-warning=DEP0040', ...(options.execArgv ?? [])],
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
  });
  try {
    const ready = await child.waitForMessage(isReady);
    const close = (): Promise<ChildExit> => child.close({ killAfterInMs: closeLimitInMs });
    return {
      ...ready,
      close,
      pid: child.pid,
      exited: child.exited,
      kill: () => child.kill(),
      [Symbol.asyncDispose]: async () => {
        await close();
      },
    };
  } catch (error) {
    await child.kill();
    throw error;
  }
}
