import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { startObserver, type Observer } from '../observer.js';
import { startDurableApp, type DurableApp } from './support/durable-app.js';
import { aGate } from './support/gate.js';

// What was observed with host 4.1037, the Durable extension 3.15.0 and durable-functions 3.5.0: one test for each.
describe('Durable facts: tasks that are waited for again, and generations', () => {
  let storage: Azurite;
  let observer: Observer;
  let app: DurableApp;
  const told = (input: unknown) => observer.seen.filter((one) => one.input === input).length;

  beforeAll(async () => {
    storage = await startAzurite();
  });
  beforeEach(async () => {
    observer = await startObserver();
    app = await startDurableApp({ storage, observerUrl: observer.url });
  });
  afterEach(async () => {
    await app.close();
    await observer.close();
  });
  afterAll(() => storage?.close());

  it('starts an unfinished activity again that is yielded in a second Task.any', async () => {
    const gate = aGate();
    observer.reply = () => gate.opened;
    const id = await app.start('activityTwice');
    await observer.count(({ input }) => input === 'slow', 2);
    gate.open();
    const { runtimeStatus, output } = await app.ended(id);
    expect({ runtimeStatus, output, ran: told('slow') }).toEqual({
      runtimeStatus: 'Completed',
      output: 'slow',
      ran: 2,
    });
  });

  it('starts a sub-orchestration three times in three Task.any; its parent stays Running while one of them does', async () => {
    const isChild = ({ input }: { input: unknown }) => String(input).startsWith('child ');
    const childOf = ({ input }: { input: unknown }) => String(input).slice('child '.length);
    const id = await app.start('childThrice');
    const children = new Set<string>();
    for (const round of [1, 2, 3]) {
      for (const one of await observer.count(isChild, round)) children.add(childOf(one));
      if (round < 3) await app.call('raiseEvent', id, 'step');
    }
    const [first, ...others] = children;
    expect(others).toHaveLength(2);
    await app.call('raiseEvent', first, 'end', 'the first');
    await app.ended(first!);
    // The parent's function has returned: another event changes nothing.
    await app.call('raiseEvent', id, 'step');
    for (const other of others) expect((await app.status(other)).runtimeStatus).toBe('Running');
    expect(await app.status(id)).toMatchObject({ runtimeStatus: 'Running', output: null });
    for (const other of others) await app.call('raiseEvent', other, 'end', 'another');
    expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'the first' });
    expect(observer.seen.filter(isChild)).toHaveLength(3);
  });

  it('lets an external event task be yielded again and again', async () => {
    const id = await app.start('eventAgain');
    await app.until(id, ({ customStatus }) => (customStatus as { round?: number } | null)?.round === 2);
    await app.call('raiseEvent', id, 'late', { at: 'last' });
    expect((await app.ended(id)).output).toEqual({ round: 3, result: { at: 'last' } });
  });

  it('begins the next generation only when the activity that lost its race has ended', async () => {
    const gates = [aGate(), aGate(), aGate()];
    observer.reply = ({ input }) => gates[Number(input) - 1]!.opened;
    const id = await app.start('slices', { input: 1 });
    for (const slice of [1, 2, 3]) {
      await observer.find(({ input }) => input === slice);
      await app.until(id, ({ customStatus }) => (customStatus as { slice?: number } | null)?.slice === slice);
      expect(await app.status(id)).toMatchObject({ runtimeStatus: 'Running', customStatus: { slice, timeIsUp: true } });
      expect(told(slice + 1)).toBe(0);
      gates[slice - 1]!.open();
    }
    expect((await app.ended(id)).output).toBe('done');
    expect(observer.seen.map(({ input }) => input)).toEqual([1, 2, 3]);
  });

  it('forgets an event that nobody waited for when the next generation begins', async () => {
    const gate = aGate();
    observer.reply = ({ input }) => (input === 1 ? gate.opened : {});
    const id = await app.start('forgetful', { input: 1 });
    await observer.find(({ input }) => input === 1);
    await app.call('raiseEvent', id, 'note', 'too early');
    gate.open();
    await observer.find(({ input }) => input === 2);
    await app.call('raiseEvent', id, 'note', 'in time');
    expect((await app.ended(id)).output).toBe('in time');
  });

  it('fires timers up to a second early, and at once below a second', async () => {
    const begin = performance.now();
    const [below, whole, above] = (await app.ended(await app.start('timers', { input: [900, 1000, 1900] })))
      .output as number[];
    expect(below).toBeGreaterThan(400);
    expect(whole).toBeLessThanOrEqual(0);
    expect(above).toBeGreaterThan(400);
    expect(performance.now() - begin).toBeGreaterThan(2000);
  });

  it('hands a missing input over as an empty text, to orchestrators and to activities', async () => {
    const { output } = await app.ended(await app.start('noInput'));
    expect(output).toEqual(['', { type: 'string', input: '' }]);
  });

  it('keeps texts, numbers, objects and null-like inputs apart', async () => {
    const { output } = await app.ended(await app.start('inputs', { input: ['5', 5, { a: [1] }, true, '"q"'] }));
    expect(output).toEqual([
      { type: 'string', input: '5' },
      { type: 'number', input: 5 },
      { type: 'object', input: { a: [1] } },
      { type: 'boolean', input: true },
      { type: 'string', input: '"q"' },
      { type: 'string', input: 'a text' },
    ]);
  });

  it('adds .NET text after the first line of a caught message; every attempt of a retry ran', async () => {
    observer.reply = () => ({ fail: true });
    const { output } = await app.ended(await app.start('caught'));
    const [first, ...rest] = (output as { message: string }).message.split('\n');
    expect(first?.trim()).toBe("Activity function 'tell' failed: told to fail");
    expect(rest.join('\n')).toContain('RpcException');
    expect(told('unlucky')).toBe(3);
  });

  it('carries inputs that are too large for a queue message', async () => {
    expect((await app.ended(await app.start('large', { input: 200_000 }))).output).toBe(1);
  });

  it('fails an orchestrator that asks for other tasks when it is run again', async () => {
    const { runtimeStatus, output } = await app.ended(await app.start('moody'));
    expect({ runtimeStatus, output }).toEqual({
      runtimeStatus: 'Failed',
      output: expect.stringMatching(/^Non-Deterministic workflow detected: .*'double'/) as string,
    });
  });

  it('refuses entities by name', async () => {
    expect(await app.ended(await app.start('entities'))).toMatchObject({
      runtimeStatus: 'Failed',
      output: 'callEntity needs the real host (func host start).',
    });
    await expect(app.call('readEntityState', { name: 'counter', key: 'one' })).rejects.toThrow('501');
  });
});
