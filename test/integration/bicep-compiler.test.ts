import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const hasDotnet =
  process.platform === 'linux' && process.arch === 'x64' && spawnSync('dotnet', ['--version']).status === 0;

/** What the compiler says of a file: errors and warnings, each a line. `build` checks types, `lint` also style. */
async function complaintsOf(bicep: string, file: string): Promise<string[]> {
  const env = { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' };
  const said: string[] = [];
  for (const words of [
    ['build', file, '--stdout'],
    ['lint', file],
  ]) {
    const { stderr, stdout } = await run(bicep, words, { env, maxBuffer: 64 * 1024 * 1024 }).catch(
      (error: { stderr: string; stdout: string }) => error,
    );
    const lines = `${stderr}\n${words[0] === 'lint' ? stdout : ''}`.split('\n');
    said.push(...lines.filter((line) => /: (Error|Warning) /.test(line)));
  }
  return said;
}

// The grammar checks of test/unit/infra run everywhere; the compiler knows the types of every resource as well.
describe.skipIf(!hasDotnet)('the real Bicep compiler (needs dotnet on the PATH)', () => {
  const packages = resolve('node_modules/.cache/bicep');
  const bicep = join(packages, 'azure.bicep.commandline.linux-x64/0.49.2/tools/bicep');
  const folder = mkdtempSync(join(tmpdir(), 'bicep-'));
  beforeAll(async () => {
    const work = join(folder, 'restore');
    cpSync('test/dotnet/bicep', work, { recursive: true });
    await run('dotnet', ['restore', work, '--packages', packages]);
    chmodSync(bicep, 0o755);
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['main.bicep', 'events.bicep'])('builds and lints infra/%s without an error or a warning', async (file) => {
    expect(await complaintsOf(bicep, join('infra', file))).toEqual([]);
  });

  it('would find a property that the resource does not have', async () => {
    const planted = join(folder, 'planted');
    cpSync('infra', planted, { recursive: true });
    const hub = join(planted, 'modules/hub.bicep');
    writeFileSync(hub, readFileSync(hub, 'utf8').replace('properties: {', 'properties: {\n    noSuchProperty: true'));
    const complaints = await complaintsOf(bicep, join(planted, 'main.bicep'));
    expect(complaints).toContainEqual(expect.stringMatching(/noSuchProperty/));
  });
});
