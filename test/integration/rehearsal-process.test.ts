import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RehearsalReport } from '../../lab/rehearsal/report.js';
import { descendantsOf, startScript, stillRunning, type RunningScript } from './running-script.js';

// Groups that went would be made again less than a second before data flows: a real failover leaves a minute.
const small = '--time-scale 0.01 --devices 4 --rate 5 --consumers 1 --seed 7 --consumer-groups-lost no'.split(' ');

let folder: string;
let file: string;
let rehearsal: RunningScript | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rehearsal-'));
  file = join(folder, 'r.json');
});
afterEach(() => {
  rehearsal?.kill();
  rmSync(folder, { recursive: true, force: true });
});
const started = (...args: string[]): RunningScript =>
  (rehearsal = startScript('dist/lab/rehearsal/main.js', ['--report', file, ...small, ...args], folder));
const report = (): RehearsalReport => JSON.parse(readFileSync(file, 'utf8')) as RehearsalReport;

it('writes its report, stays up until Ctrl-C, then exits with 0 and leaves no process or file', async () => {
  const { pid, printed, interrupt, exited, output } = started('--limit-seconds', '120');
  await printed('Everything stays up');
  const { ok, problems, seed, stages, telemetry, deliveries, generations } = report();
  expect({ ok, problems, seed }).toEqual({ ok: true, problems: [], seed: 7 });
  expect(stages.map(({ stage }) => stage).join(' ')).toMatch(/endpointChanged failoverEnded verified/);
  expect(telemetry).toMatchObject({ acceptedByHub: telemetry.sent, relayed: telemetry.sent, lostByUs: 0 });
  expect(telemetry.sent).toBeGreaterThan(20);
  expect(deliveries).toMatchObject([{ generation: 2, deliveryInMs: expect.any(Number) }]);
  expect(generations.map(({ number }) => number)).toContain(2);
  const children = descendantsOf(pid);
  // Storage, the app and a consumer.
  expect(children).toHaveLength(3);
  interrupt();
  expect({ code: await exited, said: output() }).toEqual({
    code: 0,
    said: expect.stringContaining('Nothing was lost'),
  });
  expect(stillRunning(children)).toEqual([]);
  expect(readdirSync(folder)).toEqual(['r.json']);
});

/** What a report says of a rehearsal in which nothing was sent yet. */
const nothing = {
  ok: false,
  stages: [],
  telemetry: { sent: 0, acceptedByHub: 0, relayed: 0, duplicates: 0, sentAgain: 0, lostByService: 0, lostByUs: 0 },
  deliveryInMs: null,
  deliveries: [],
  generations: expect.any(Array),
};

it('says what did not come in time, with a report of zeros and exit code 1', async () => {
  const { exited } = started('--once', '--limit-seconds', '1');
  expect(await exited).toBe(1);
  expect(report()).toMatchObject({
    ...nothing,
    problems: expect.arrayContaining([expect.stringContaining('the time is over')]),
  });
});

it('exits with 1 when it is stopped after a report that is not ok', async () => {
  const { printed, interrupt, exited } = started('--limit-seconds', '1');
  await printed('Everything stays up');
  const before = report();
  interrupt();
  expect(await exited).toBe(1);
  expect(report()).toEqual(before);
});

it('exits with 1 when it is stopped before its report, which says so', async () => {
  const { printed, terminate, exited } = started('--limit-seconds', '120');
  await printed('Start the app');
  expect(existsSync(file)).toBe(false);
  terminate();
  expect(await exited).toBe(1);
  expect(report()).toMatchObject({ ...nothing, problems: expect.arrayContaining(['stopped before its end']) });
});
