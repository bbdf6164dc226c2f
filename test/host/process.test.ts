import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forkManaged } from '../../lab/processes/managed-child.js';
import { startHostProcess, type HostProcessOptions } from '../../lab/host/process.js';

// Runs dist/lab/host/main.js: `npm run build` comes first.
const library = resolve('node_modules/@azure/functions/dist/azure-functions.js');

const isReady = (message: unknown): message is { url: string; functionKey: string } =>
  typeof message === 'object' && message !== null && 'functionKey' in message;

describe('the stand-in as a process', () => {
  let folder: string;
  const anApp = async (name: string, body: string): Promise<string> => {
    const entry = join(folder, `${name}.mjs`);
    await writeFile(entry, `import functions from ${JSON.stringify(library)};\nconst { app } = functions;\n${body}`);
    return entry;
  };
  const start = (options: Partial<HostProcessOptions>) => startHostProcess({ settings: {}, app: folder, ...options });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'host-app-'));
    await writeFile(join(folder, 'host.json'), '{"version":"2.0"}');
    const entry = await anApp(
      'app',
      `app.http('env', { methods: ['GET'], authLevel: 'function', handler: () => ({ jsonBody: {
         given: process.env.GIVEN, hidden: process.env.LAB_HOST_START ?? null } }) });
       app.hook.appTerminate(() => console.log('terminated'));`,
    );
    await writeFile(join(folder, 'package.json'), JSON.stringify({ main: entry.slice(folder.length + 1) }));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('loads what package.json "main" names, with the settings as its environment', async () => {
    await using host = await start({ settings: { GIVEN: 'by the settings' } });
    const response = await fetch(`${host.url}/api/env?code=${host.functionKey}`);
    expect(await response.json()).toEqual({ given: 'by the settings', hidden: null });
    expect(host.functions).toEqual(['env']);
  });

  it('takes Values of local.settings.json as environment variables, but leaves alone what is set already', async () => {
    const settings = join(folder, 'local.settings.json');
    const Values = { GIVEN: 'by the file', AzureFunctionsJobHost__extensions__http__routePrefix: 'other' };
    await writeFile(settings, JSON.stringify({ IsEncrypted: false, Values }));
    const read = async (env: NodeJS.ProcessEnv) => {
      const child = forkManaged(resolve('dist/lab/host/main.js'), {
        args: ['--app', folder, '--settings', settings],
        env,
      });
      try {
        const { url, functionKey } = await child.waitForMessage(isReady);
        return await (await fetch(`${url}/other/env?code=${functionKey}`)).json();
      } finally {
        await child.close();
      }
    };
    expect(await read({ ...process.env })).toMatchObject({ given: 'by the file' });
    expect(await read({ ...process.env, GIVEN: 'by the shell' })).toMatchObject({ given: 'by the shell' });
  });

  it('ends gracefully on SIGTERM with exit code 0', async () => {
    const lines: string[] = [];
    const host = await start({ onLine: (line) => lines.push(line) });
    expect(await host.close()).toEqual({ code: 0, signal: null });
    expect(lines).toContain('terminated');
  });

  it('can take a killed host’s place: same port, same keys', async () => {
    const first = await start({});
    expect(await first.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    const { port, functionKey, systemKey, masterKey } = first;
    await using second = await start({ port, keys: { functionKey, systemKey, masterKey } });
    expect((await fetch(`${first.url}/api/env?code=${functionKey}`)).status).toBe(200);
    expect(second.pid).not.toBe(first.pid);
  });

  it('shows an error at the entry point and ends with exit code 1', async () => {
    const lines: string[] = [];
    const entry = await anApp('broken', `throw new Error('PRIMARY_HUB is not set');`);
    await expect(start({ entry, onLine: (line, stream) => lines.push(`${stream}: ${line}`) })).rejects.toMatchObject({
      code: 'exitedEarly',
      message: expect.stringContaining('ended with 1'),
    });
    expect(lines.join('\n')).toMatch(/stderr: .*PRIMARY_HUB is not set/);
  });

  it('says which trigger it cannot run and ends', async () => {
    const entry = await anApp(
      'blob',
      `app.storageBlob('t', { path: 'c/{name}', connection: 'C', handler: () => undefined });`,
    );
    await expect(start({ entry })).rejects.toThrow("'t': a blobTrigger needs the real host");
  });
});
