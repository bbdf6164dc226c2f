import { dirname } from 'node:path';
import type { Lab } from '../contracts.js';
import { startHostProcess, type HostProcess, type HostProcessOptions } from '../host/process.js';
import { projectFile } from '../net/project-file.js';
import { webhookUrl } from '../webhook-url.js';
import { DemoError } from './demo-error.js';

/** The last lines that the app's process printed, for the case that it ends. */
const keptLines = 20;

/** Of an app that takes another's place. */
export type AppPlace = Pick<HostProcessOptions, 'port' | 'keys'>;

export interface AppProcess {
  host: HostProcess;
  lastLines(): string[];
}

/** Starts the built app in its own process with the lab's settings and these, and tells Event Grid where it is. */
export const startAppProcess = async (
  lab: Lab,
  more: { settings?: Record<string, string>; env?: Record<string, string>; place?: AppPlace } = {},
): Promise<AppProcess> => {
  const lines: string[] = [];
  const host = await startHostProcess({
    app: dirname(projectFile('package.json')),
    settings: { ...lab.description.settings, ...more.settings },
    // The identity is for Azure Resource Manager.
    env: { ...process.env, ...lab.description.env, ...lab.description.identityEnv, ...more.env },
    ...more.place,
    // Half the memory at the same speed: young garbage is collected sooner. The demo shares a laptop.
    execArgv: ['--max-semi-space-size=4'],
    onLine: (line) => {
      if (lines.push(line) > keptLines) lines.shift();
    },
  });
  lab.setWebhook({ url: webhookUrl(host.url, host.systemKey) });
  return { host, lastLines: () => [...lines] };
};

/** The end of the app's process ends everything, unless it is expected. Never rejects. */
export const abortWhenItEnds = async (
  running: AppProcess,
  abort: AbortController,
  isExpected: () => boolean,
): Promise<void> => {
  const { code, signal } = await running.host.exited;
  if (isExpected() || abort.signal.aborted) return;
  const said = running.lastLines().join('\n');
  abort.abort(new DemoError('childEnded', `the app's process ended by itself (${signal ?? code})\n${said}`));
};
