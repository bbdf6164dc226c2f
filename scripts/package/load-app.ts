import { join, resolve } from 'node:path';
import { z } from 'zod';
import { run } from './run.js';

/** Those that Azure Functions offers and package.json's engines admit. */
export const supportedNodes = [22, 24];

const loadedSchema = z.object({
  /** `v24.1.0` */
  node: z.string(),
  /** Names, as registered. */
  functions: z.array(z.string()),
  /** Of the entry file with all that it imports. */
  loadInMs: z.number(),
  /** The same from the start of the process. */
  sinceStartInMs: z.number(),
  /** Processor time since then, which a busy machine lengthens less. */
  cpuInMs: z.number(),
  rssInMiB: z.number(),
});
export type LoadedApp = z.infer<typeof loadedSchema>;

const hub = (name: string) => `HostName=${name}.azure-devices.net;SharedAccessKeyName=app;SharedAccessKey=a2V5`;
const namespace = (name: string) =>
  `Endpoint=sb://${name}.servicebus.windows.net/;SharedAccessKeyName=app;SharedAccessKey=a2V5`;

/** Everything on; nothing of it is reached. */
const settings = {
  FEATURES: 'sync,routing,failover,relay',
  AzureWebJobsStorage: 'UseDevelopmentStorage=true',
  PRIMARY_HUB: hub('p'),
  SECONDARY_HUB: hub('s'),
  PRIMARY_TWIN_EVENTS: namespace('twin'),
  SECONDARY_TWIN_EVENTS: namespace('twin'),
  PRIMARY_HUB_RESOURCE_ID: '/subscriptions/1/resourceGroups/g/providers/Microsoft.Devices/IotHubs/p',
  PRIMARY_HUB_EVENTS: namespace('built-in'),
  RELAY_TARGET: namespace('stable'),
};

/** Loads the app in a folder with the given Node, alone: no flag, no preload, none of this process's environment but PATH. */
export async function loadApp(folder: string, node: string): Promise<LoadedApp> {
  const args = [resolve('scripts/package/load-app.cjs'), join('dist', 'src', 'index.js')];
  const { PATH = '' } = process.env;
  const stdout = await run(node, args, { cwd: folder, env: { PATH, ...settings } });
  return loadedSchema.parse(JSON.parse(stdout));
}

/** Path of a Node of that major version, from npm. */
export const nodeOf = async (major: number): Promise<string> =>
  (await run('npx', ['--yes', '--package', `node@${major}`, 'node', '--print', 'process.execPath'])).trim();
