import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectFile } from '../../lab/net/project-file.js';

export interface RunningScript {
  pid: number;
  /** Ctrl-C. */
  interrupt: () => void;
  /** SIGTERM. */
  terminate: () => void;
  kill: () => void;
  /** Everything printed so far. */
  output: () => string;
  /** Resolves when `text` was printed; rejects with the output when the script ends before. */
  printed: (text: string) => Promise<void>;
  /** Exit code, or the signal that ended it. */
  exited: Promise<number | string>;
}

/** A group that is gone already is as wanted. */
const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

/**
 * Starts a built script as its user does, in a process group of its own: what Ctrl-C in a terminal is sent to. `temporary` is its
 * folder for temporary files.
 */
export const startScript = (script: string, args: string[], temporary: string): RunningScript => {
  const child = spawn(
    process.execPath,
    ['--disable-warning=DEP0040', '--max-semi-space-size=4', projectFile(script), ...args],
    {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    },
  );
  const { pid } = child;
  if (pid === undefined) throw new TypeError(`${script} did not start`);
  let output = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const look of waiting) look();
    });
  const exited = (async () => {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    return code ?? signal ?? 'unknown';
  })();
  const printed = async (text: string): Promise<void> => {
    const found = Promise.withResolvers<void>();
    const look = (): void => {
      if (output.includes(text)) found.resolve();
    };
    waiting.add(look);
    look();
    const early = exited.then((code) => Promise.reject(new Error(`ended with ${code} before "${text}":\n${output}`)));
    await Promise.race([found.promise, early]);
  };
  return {
    pid,
    interrupt: () => signalGroup(pid, 'SIGINT'),
    terminate: () => signalGroup(pid, 'SIGTERM'),
    kill: () => signalGroup(pid, 'SIGKILL'),
    output: () => output,
    printed,
    exited,
  };
};

/**
 * The running processes that `pid` has started, and theirs. Ended ones that nobody has collected yet do not count, nor does what
 * azure-iot-common starts for a moment with each device connection: `lsb_release`, for the name of the machine's system.
 */
export const descendantsOf = (pid: number): number[] => {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , state, ...args]) => state?.startsWith('Z') !== true && !args.join(' ').includes('lsb_release'))
    .map(([child, parent]) => ({ child: Number(child), parent: Number(parent) }));
  const below = (parent: number): number[] =>
    rows.filter((row) => row.parent === parent).flatMap(({ child }) => [child, ...below(child)]);
  return below(pid);
};

export const stillRunning = (pids: readonly number[]): number[] => {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  const alive = new Set(
    all
      .map((line) => line.trim().split(/\s+/))
      .flatMap(([pid, state]) => (state?.startsWith('Z') === true ? [] : [Number(pid)])),
  );
  return pids.filter((pid) => alive.has(pid));
};
