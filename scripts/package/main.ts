// `npm run package`: builds out/app and out/app.zip, what is deployed. With `-- --measure` also loads it on each supported Node.
import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildApp } from './build-app.js';
import { loadApp, nodeOf, supportedNodes, type LoadedApp } from './load-app.js';
import { zipApp } from './zip-app.js';

const repetitions = 15;
const mebibytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

const folder = join('out', 'app');
const archive = join('out', 'app.zip');
await mkdir('out', { recursive: true });
const { sent } = await buildApp(folder);
await zipApp(folder, sent, archive);
const sizes = await Promise.all(sent.map(async (path) => (await stat(join(folder, path))).size));
console.log(`${folder}: ${sent.length} files, ${mebibytes(sizes.reduce((sum, size) => sum + size, 0))}`);
console.log(`${archive}: ${mebibytes((await stat(archive)).size)}`);

async function measure(app: string, major: number): Promise<string> {
  const node = await nodeOf(major);
  const runs: LoadedApp[] = [];
  for (let index = 0; index < repetitions; index += 1) runs.push(await loadApp(app, node));
  // The shortest: whatever else the machine does only adds to it.
  const least = (figure: 'loadInMs' | 'sinceStartInMs' | 'cpuInMs' | 'rssInMiB') =>
    Math.min(...runs.map((one) => one[figure]));
  const count = runs[0]?.functions.length;
  return `Node ${runs[0]?.node}: ${least('loadInMs')} ms to load, ${least('sinceStartInMs')} ms from the start of the process, ${least('cpuInMs')} ms of a processor, ${least('rssInMiB')} MiB; ${count} functions`;
}

if (process.argv.includes('--measure')) {
  // Elsewhere, where no node_modules of this project's own can lend a package that was not sent.
  const elsewhere = await mkdtemp(join(tmpdir(), 'iothub-standby-measure-'));
  try {
    await cp(folder, elsewhere, { recursive: true });
    for (const major of supportedNodes) console.log(await measure(elsewhere, major));
  } finally {
    await rm(elsewhere, { recursive: true, force: true });
  }
}
