import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFile } from '../../lab/net/project-file.js';
import { forkManaged, type ManagedChild } from '../../lab/processes/managed-child.js';

const folder = mkdtempSync(join(tmpdir(), 'managed-child-'));
const children: ManagedChild[] = [];
afterAll(async () => {
  await Promise.all(children.map((child) => child.kill()));
  rmSync(folder, { recursive: true });
});

let scripts = 0;
function start(source: string, options: Parameters<typeof forkManaged>[1] = {}): ManagedChild {
  const script = join(folder, `${(scripts += 1)}.cjs`);
  writeFileSync(script, source);
  children.push(forkManaged(script, options));
  return children.at(-1)!;
}
const forEver = 'setInterval(() => {}, 1000);';
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
};
/** Where the machine's first process reaps nobody, an ended process stays listed. */
const isZombie = (pid: number): boolean =>
  process.platform === 'linux' && /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
const isMessage = (message: unknown): message is { echo: string } => Object.hasOwn(message as object, 'echo');

describe('a managed child', () => {
  it('speaks by lines and by messages', async () => {
    const lines: string[] = [];
    const child = start(
      `process.on('message', (m) => process.send({ echo: m.say }));
       console.log('port ' + process.argv[2] + ' ' + process.env.WORD); console.error('oops');`,
      { args: ['42'], env: { WORD: 'w' }, onLine: (line, stream) => lines.push(`${stream}:${line}`) },
    );
    expect((await child.waitForLine(/port (\d+) w/))[1]).toBe('42');
    child.send({ say: 'hi' });
    expect(await child.waitForMessage(isMessage)).toEqual({ echo: 'hi' });
    expect(await child.close()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(lines.toSorted()).toEqual(['stderr:oops', 'stdout:port 42 w']);
  });

  it('that ends before it is ready says why', async () => {
    const child = start(`console.error('no such setting'); process.exit(3);`);
    await expect(child.waitForLine(/ready/)).rejects.toMatchObject({
      code: 'exitedEarly',
      retryable: false,
      message: expect.stringMatching(/ended with 3[^]*no such setting/),
    });
    expect(await child.close()).toEqual({ code: 3, signal: null });
  });

  it('that is not ready in time is reported', async () => {
    const child = start(forEver);
    await expect(child.waitForLine(/ready/, { timeoutInMs: 50 })).rejects.toMatchObject({ code: 'startTimeout' });
  });

  it('which ignores SIGTERM is killed after the bound, and none is left', async () => {
    const child = start(`process.on('SIGTERM', () => {}); console.log('up'); ${forEver}`);
    await child.waitForLine(/up/);
    expect(await child.close({ killAfterInMs: 100 })).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isAlive(child.pid)).toBe(false);
  });

  it('dies with a parent that was killed', async () => {
    const preload = projectFile('lab/processes/exit-with-parent.cjs');
    const grandchild = join(folder, 'grandchild.cjs');
    writeFileSync(grandchild, `process.send({ echo: String(process.pid) }); ${forEver}`);
    const parent = start(
      `const { fork } = require('node:child_process');
       fork(${JSON.stringify(grandchild)}, [], { execArgv: ['--require', ${JSON.stringify(preload)}] })
         .on('message', (m) => process.send(m));`,
    );
    const pid = Number((await parent.waitForMessage(isMessage)).echo);
    await parent.kill();
    // It is no child of ours, so nobody tells us: ask until it is gone. vitest's time limit bounds the wait.
    await expect.poll(() => isAlive(pid) && !isZombie(pid), { timeout: 10_000 }).toBe(false);
  });
});
