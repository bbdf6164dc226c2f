import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { DemoReport } from '../../lab/demo/report.js';
import { descendantsOf, startScript, stillRunning, type RunningScript } from './running-script.js';

const small = ['--devices', '10', '--modules', '2', '--seed', '7'];

let folder: string;
let demo: RunningScript | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'demo-'));
});
afterEach(() => {
  demo?.kill();
  rmSync(folder, { recursive: true, force: true });
});
const started = (...args: string[]): RunningScript => (demo = startScript('dist/lab/demo/main.js', args, folder));

it('with --once ends ok, with a report of every step and no process or file left', async () => {
  const report = join(folder, 'r.json');
  const { pid, printed, exited, output } = started('--once', '--report', report, '--limit-seconds', '150', ...small);
  await printed('Connect a fleet');
  const children = descendantsOf(pid);
  // Storage and the app.
  expect(children).toHaveLength(2);
  // Compared together: a failure then shows what the demo said.
  expect({ code: await exited, said: output() }).toEqual({ code: 0, said: expect.any(String) });

  const { ok, seed, steps, totals } = JSON.parse(readFileSync(report, 'utf8')) as DemoReport;
  expect({ ok, seed }).toEqual({ ok: true, seed: 7 });
  expect(steps.filter((step) => !step.ok)).toEqual([]);
  expect(steps).toHaveLength(11);
  for (const { elapsedInMs, detail } of steps) {
    expect(elapsedInMs).toBeGreaterThanOrEqual(0);
    expect(detail).not.toBe('');
  }
  // The fleet, and the six of nine passing devices that stay.
  expect(totals).toEqual({
    devices: 16,
    modules: 2,
    twinChanges: expect.any(Number),
    differences: 0,
    parked: 0,
    lost: 0,
  });
  expect(totals.twinChanges).toBeGreaterThan(50);
  expect(stillRunning(children)).toEqual([]);
  expect(readdirSync(folder)).toEqual(['r.json']);
});

it('says what did not come in time, with ok false and exit code 1', async () => {
  const report = join(folder, 'r.json');
  const { exited } = started('--once', '--report', report, '--limit-seconds', '1', ...small);
  expect(await exited).toBe(1);
  const { ok, steps } = JSON.parse(readFileSync(report, 'utf8')) as DemoReport;
  expect(ok).toBe(false);
  expect(steps.at(-1)).toMatchObject({ ok: false, detail: expect.stringContaining('the time is over') });
});

it('goes on until Ctrl-C, which ends every process even when it comes twice', async () => {
  const { pid, printed, interrupt, exited } = started(...small);
  await printed('hubs equal');
  const children = descendantsOf(pid);
  const start = performance.now();
  interrupt();
  interrupt();
  expect(await exited).toBe(0);
  // Nothing waits for a part that Ctrl-C has ended as well.
  expect(performance.now() - start).toBeLessThan(8_000);
  expect(stillRunning(children)).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});
