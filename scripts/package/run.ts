import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const start = promisify(execFile);
const windows = process.platform === 'win32';

/** Standard output of a command. Rejects with Node's own error, which has the command, its exit code and standard error. */
export async function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
) {
  // npm and npx are scripts on Windows, which only a shell starts.
  const shell = windows && /^np[mx]$/.test(command);
  const { stdout } = await start(command, args, { ...options, shell, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
