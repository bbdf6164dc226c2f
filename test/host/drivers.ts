import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startHost, type HostOptions } from '../../lab/host/start-host.js';

interface AppSpec {
  /** A file of test/host/fixtures. */
  fixture: string;
  settings?: Record<string, string>;
  hostJson?: object;
  tuning?: HostOptions['tuning'];
  log?: (line: string) => void;
}

export interface RunningApp {
  url: string;
  masterKey: string;
  functionKey: string;
  systemKey: string;
  close(): Promise<void>;
}

/** The same cases run against the stand-in and, where `func` is on the PATH, against the real host. */
export interface HostDriver {
  name: string;
  available: boolean;
  /** `func host start` checks no keys unless told, and keeps its own in files. */
  enforcesKeys: boolean;
  /** The real extension goes to 5672 whatever the emulator string says. */
  eventHubsPort: number | undefined;
  start(spec: AppSpec): Promise<RunningApp>;
}

const fixtures = resolve(import.meta.dirname, 'fixtures');

const standIn: HostDriver = {
  name: 'the stand-in',
  available: true,
  enforcesKeys: true,
  eventHubsPort: 0,
  start: ({ fixture, settings = {}, hostJson = {}, tuning = {}, log }) => {
    // In this process the environment is the test's own matter.
    Object.assign(process.env, settings);
    return startHost({
      load: join(fixtures, fixture),
      settings,
      hostJson,
      tuning,
      ...(log === undefined ? {} : { log }),
    });
  },
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => {
    server.close(closed);
  });
  return port;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

const bundle = { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '[4.*, 5.0.0)' };

async function startFunc({ fixture, settings = {}, hostJson = {} }: AppSpec): Promise<RunningApp> {
  const folder = await mkdtemp(join(tmpdir(), 'func-app-'));
  await cp(fixtures, folder, { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  const write = (name: string, content: object) => writeFile(join(folder, name), JSON.stringify(content));
  await write('package.json', { name: 'fixture', version: '1.0.0', type: 'module', main: fixture });
  await write('host.json', { version: '2.0', extensionBundle: bundle, ...hostJson });
  const Values = { FUNCTIONS_WORKER_RUNTIME: 'node', AzureWebJobsStorage: 'UseDevelopmentStorage=true', ...settings };
  await write('local.settings.json', { IsEncrypted: false, Values });
  const port = await freePort();
  const child = spawn('func', ['host', 'start', '--port', String(port)], { cwd: folder, stdio: 'inherit' });
  const exited = new Promise((ended) => {
    child.once('exit', ended);
  });
  const url = `http://127.0.0.1:${port}`;
  while (child.exitCode === null && !(await answers(url))) await new Promise((again) => setTimeout(again, 500));
  return {
    url,
    masterKey: '',
    functionKey: '',
    systemKey: '',
    close: async () => {
      child.kill('SIGINT');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const func: HostDriver = {
  name: 'func host start',
  available: spawnSync('func', ['--version'], { stdio: 'ignore' }).status === 0,
  enforcesKeys: false,
  eventHubsPort: undefined,
  start: startFunc,
};

export const drivers: readonly HostDriver[] = [standIn, func];
