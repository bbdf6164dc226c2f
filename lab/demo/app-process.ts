import { dirname } from 'node:path';
import type { Lab } from '../contracts.js';
import { startHostProcess, type HostProcess } from '../host/process.js';
import { projectFile } from '../net/project-file.js';
import { webhookUrl } from '../webhook-url.js';

/** The last lines that the app's process printed, for the case that it ends. */
const keptLines = 20;

export interface AppProcess {
  host: HostProcess;
  lastLines(): string[];
}

/** Starts the built app in its own process with the lab's settings, and tells Event Grid where it is. */
export const startAppProcess = async (lab: Lab): Promise<AppProcess> => {
  const lines: string[] = [];
  const host = await startHostProcess({
    app: dirname(projectFile('package.json')),
    settings: lab.description.settings,
    env: { ...process.env, ...lab.description.env },
    // Half the memory at the same speed: young garbage is collected sooner. The demo shares a laptop.
    execArgv: ['--max-semi-space-size=4'],
    onLine: (line) => {
      if (lines.push(line) > keptLines) lines.shift();
    },
  });
  lab.setWebhook({ url: webhookUrl(host.url, host.systemKey) });
  return { host, lastLines: () => [...lines] };
};
