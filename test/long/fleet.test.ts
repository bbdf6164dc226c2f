import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DemoReport } from '../../lab/demo/report.js';
import { descendantsOf, startScript, type RunningScript } from '../integration/running-script.js';

let folder: string;
let demo: RunningScript | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'demo-'));
});
afterEach(() => {
  demo?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Rows of the process table, by process id; one that has ended has none. */
const processes = (column: string): Map<number, string> =>
  new Map(
    execFileSync('ps', ['-A', '-ww', '-o', `pid=,${column}=`], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line): [number, string] => {
        const [, pid, value] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
        return [Number(pid), value ?? ''];
      }),
  );

async function play(...options: string[]): Promise<{ code: number | string; report: DemoReport; peakInMiB: number }> {
  const file = join(folder, 'r.json');
  demo = startScript('dist/lab/demo/main.js', ['--once', '--report', file, ...options], folder);
  const { pid, exited, printed } = demo;
  await printed('Connect a fleet');
  const args = processes('args');
  const own = [pid, ...descendantsOf(pid).filter((child) => args.get(child)?.includes('azurite') === false)];
  let peakInMiB = 0;
  const sampler = setInterval(() => {
    const rss = processes('rss');
    const now = own.reduce((sum, each) => sum + Number(rss.get(each) ?? 0) / 1024, 0);
    peakInMiB = Math.max(peakInMiB, now);
  }, 250);
  const code = await exited.finally(() => clearInterval(sampler));
  return { code, report: JSON.parse(readFileSync(file, 'utf8')) as DemoReport, peakInMiB };
}

it('the demo as a newcomer starts it ends ok within its two minutes; laboratory and app stay under 600 MiB', async () => {
  const { code, report, peakInMiB } = await play();
  process.stdout.write(`50 devices: laboratory and app at most ${Math.round(peakInMiB)} MiB\n`);
  expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
  expect(peakInMiB).toBeGreaterThan(0);
  expect(peakInMiB).toBeLessThan(600);
});

it('500 devices and 100 modules end equal within five minutes', async () => {
  const { code, report, peakInMiB } = await play('--devices', '500', '--modules', '100', '--limit-seconds', '300');
  const elapsed = report.steps.reduce((sum, step) => sum + step.elapsedInMs, 0);
  process.stdout.write(
    `500 devices: ${report.totals.twinChanges} twin changes in ${Math.round(elapsed / 1000)} s, ${Math.round(peakInMiB)} MiB\n`,
  );
  expect({ code, ok: report.ok }).toEqual({ code: 0, ok: true });
  expect(report.totals).toMatchObject({ differences: 0, parked: 0, lost: 0 });
});
