import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp, type BuiltApp } from '../../scripts/package/build-app.js';
import { filesBelow } from '../../scripts/package/files-below.js';
import { loadApp, nodeOf, supportedNodes } from '../../scripts/package/load-app.js';
import { startHostProcess } from '../../lab/host/process.js';
import { startLab } from '../../lab/start-lab.js';
import { healthOf, settingsOf, untilEqual, webhookOf } from '../integration/support/rig.js';

/** Outside of this project, whose node_modules could lend a package that was not sent. */
let folder: string;
let built: BuiltApp;
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'package-test-')), 'app');
  built = await buildApp(folder);
}, 300_000);
afterAll(() => rm(join(folder, '..'), { recursive: true, force: true }));

const isDependency = (path: string) => path.startsWith('node_modules/');

describe('the package', () => {
  it('holds the built app, host.json, package.json and dependencies, and nothing else', async () => {
    const sources = (await filesBelow('src')).map((path) => `dist/src/${path.replace(/ts$/, 'js')}`);
    expect(built.sent.filter((path) => !isDependency(path))).toEqual([...sources, 'host.json', 'package.json'].sort());
  });

  it('holds each dependency of production and none of development', async () => {
    const { dependencies, devDependencies } = JSON.parse(await readFile('package.json', 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const holds = (name: string) => built.sent.includes(`node_modules/${name}/package.json`);
    expect(Object.keys(dependencies).filter((name) => !holds(name))).toEqual([]);
    // Dependencies of our dependencies as well.
    expect(Object.keys(devDependencies).filter(holds)).toEqual(['@types/node', 'rhea']);
  });

  it('leaves nothing of a dependency behind that could run', () => {
    // Core Tools match by prefix: a pattern for `.map` would take `x.mapper.js` away.
    const harmless =
      /\.(map|d\.[cm]?ts)$|\/dist\/(browser|react-native)\/|\/\.vscode\/|^node_modules\/(\.bin\/|\.package-lock\.json$)/;
    expect(built.left.filter((path) => isDependency(path) && !harmless.test(path))).toEqual([]);
  });

  it('is small', async () => {
    const sizes = await Promise.all(built.sent.map(async (path) => (await stat(join(folder, path))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0) / 1024 / 1024).toBeLessThan(70);
  });

  it('loads with plain node of each supported version and registers the same functions', async () => {
    const loaded = await Promise.all(supportedNodes.map(async (major) => loadApp(folder, await nodeOf(major))));
    expect(loaded.map(({ node }) => Number(/^v(\d+)/.exec(node)?.[1]))).toEqual(supportedNodes);
    const names = loaded.map(({ functions }) => functions);
    expect(names[0]).toEqual(
      expect.arrayContaining(['registrySync', 'registryRetry', 'twinSync', 'twinSyncSecondary', 'deviceRouting']),
    );
    for (const each of names) expect(each).toEqual(names[0]);
  });

  it('runs in the stand-in host: a device of one hub appears on the other', async () => {
    // The worker brings this package; the stand-in has it from here.
    await cp('lab/functions-core', join(folder, 'node_modules/@azure/functions-core'), { recursive: true });
    await using lab = await startLab({ eventHubsPort: 0 });
    const settings = settingsOf(lab);
    await using host = await startHostProcess({
      app: folder,
      settings,
      env: { ...process.env, ...lab.description.env },
    });
    lab.setWebhook({ url: webhookOf(host) });
    const device = { deviceId: 'first' };
    lab.hub('primary').createIdentity(device, {});
    lab.hub('primary').patchTwin(device, { desired: { rate: 5 } });
    lab.hub('primary').patchReported(device, { up: true });
    await untilEqual(lab, () => healthOf(host, settings));
    expect(lab.hub('secondary').getTwin(device)).toMatchObject({ desired: { rate: 5 }, reported: { up: true } });
  });
});
