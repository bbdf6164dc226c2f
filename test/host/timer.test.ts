import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';
import { timerStatusIn } from '../../lab/host/triggers/timer-status.js';
import { drivers, type RunningApp } from './drivers.js';
import { startObserver, type Observer } from './observer.js';

describe('a timer trigger in the stand-in', () => {
  let storage: Azurite;
  let observer: Observer;
  let app: RunningApp | undefined;
  let lines: string[];
  const start = async (more: Record<string, string> = {}) => {
    const settings = {
      OBSERVER_URL: observer.url,
      AzureWebJobsStorage: storage.connectionString,
      EVERY_SECOND: '* * * * * *',
      RUN_ON_STARTUP: 'false',
      'AzureWebJobs.off.Disabled': 'true',
      ...more,
    };
    app = await drivers[0]!.start({ fixture: 'timer.mjs', settings, log: (line) => lines.push(line) });
  };
  const by = (name: string) => observer.find(({ functionName }) => functionName === name);

  beforeAll(async () => {
    storage = await startAzurite();
  });
  beforeEach(async () => {
    lines = [];
    observer = await startObserver();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await observer.close();
  });
  afterAll(() => storage?.close());

  it('runs when it is due, by a schedule from a setting; without monitoring there is no status', async () => {
    await start();
    const [first, second] = await observer.count(({ functionName }) => functionName === 'everySecond', 2);
    expect(first?.input).toEqual({ schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false });
    expect(second?.invocationId).not.toBe(first?.invocationId);
  });

  it('leaves a disabled function alone', async () => {
    await start();
    await observer.count(({ functionName }) => functionName === 'everySecond', 2);
    expect(observer.seen.filter(({ functionName }) => functionName === 'off')).toEqual([]);
    expect(lines).toContain("Function 'off' is disabled");
  });

  it('takes a time span as its schedule', async () => {
    await start({ EVERY_SECOND: '00:00:00.200' });
    const seen = await observer.count(({ functionName }) => functionName === 'everySecond', 3);
    expect(seen[0]?.input).toMatchObject({ schedule: { adjustForDST: false } });
  });

  it('runs at the start if told so, and makes good once what was missed while no host ran', async () => {
    await start({ RUN_ON_STARTUP: 'true' });
    const { input } = await by('hourly');
    expect(input).toEqual({ schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false });
    await app?.close();
    observer.clear();

    const missed = { Last: '2026-01-01T10:00:00Z', LastUpdated: '2026-01-01T10:00:00Z', Next: '2026-01-01T11:00:00Z' };
    await timerStatusIn(storage.connectionString, 'hourly').write(missed);
    await start();
    expect((await by('hourly')).input).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: { last: missed.Last, lastUpdated: missed.LastUpdated, next: missed.Next },
      isPastDue: true,
    });
    await app?.close();
    const kept = await timerStatusIn(storage.connectionString, 'hourly').read();
    expect(Date.parse(kept?.Next ?? '')).toBeGreaterThan(Date.now());
    observer.clear();

    await start();
    await observer.count(({ functionName }) => functionName === 'everySecond', 1);
    expect(observer.seen.filter(({ functionName }) => functionName === 'hourly')).toEqual([]);
  });
});
