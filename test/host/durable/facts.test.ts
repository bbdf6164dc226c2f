import { describe, expect, it } from 'vitest';
import { drivers } from '../drivers.js';
import { aDurableRig } from './support/durable-rig.js';
import { aGate } from './support/gate.js';

type Rig = ReturnType<typeof aDurableRig>;

const isChild = ({ input }: { input: unknown }) => String(input).startsWith('child ');

/** `childThrice` after three Task.any: its children, whose parent's function returns as soon as the first ends. */
async function threeChildren({ app, observer }: Rig): Promise<{ id: string; first: string; others: string[] }> {
  const id = await app.start('childThrice');
  const children = new Set<string>();
  for (const round of [1, 2, 3]) {
    for (const { input } of await observer.count(isChild, round)) children.add(String(input).slice('child '.length));
    if (round < 3) await app.call('raiseEvent', id, 'step');
  }
  const [first = '', ...others] = children;
  expect(others).toHaveLength(2);
  return { id, first, others };
}

/** Whatever else comes and however much else is done meanwhile. */
async function staysRunning({ app }: Rig, id: string): Promise<void> {
  for (const _ of [1, 2]) {
    await app.call('raiseEvent', id, 'step');
    expect((await app.ended(await app.start('quadruple', { input: 1 }))).output).toBe(4);
    expect(await app.status(id)).toMatchObject({ runtimeStatus: 'Running', output: null });
  }
}

// What was observed with host 4.1037, the Durable extension 3.15.0 and durable-functions 3.5.0: one test for each.
describe.each(drivers)('Durable facts in $name: tasks that are waited for again, and generations', (driver) => {
  describe.skipIf(!driver.available)('as observed', () => {
    const rig = aDurableRig(driver);

    it('starts an unfinished activity again that is yielded in a second Task.any', async () => {
      const gate = aGate();
      rig.observer.reply = () => gate.opened;
      const id = await rig.app.start('activityTwice');
      await rig.observer.count(({ input }) => input === 'slow', 2);
      gate.open();
      const { runtimeStatus, output } = await rig.app.ended(id);
      expect({ runtimeStatus, output, ran: rig.told('slow') }).toEqual({
        runtimeStatus: 'Completed',
        output: 'slow',
        ran: 2,
      });
    });

    it('starts a sub-orchestration three times in three Task.any; its parent stays Running for ever', async () => {
      const { id, first, others } = await threeChildren(rig);
      await rig.app.call('raiseEvent', first, 'end', 'the first');
      await rig.app.ended(first);
      await staysRunning(rig, id);
      await rig.restart();
      await staysRunning(rig, id);
      for (const other of others) expect((await rig.app.status(other)).runtimeStatus).toBe('Running');
      expect(rig.observer.seen.filter(isChild)).toHaveLength(3);
    });

    it('lets an external event task be yielded again and again', async () => {
      const id = await rig.app.start('eventAgain');
      await rig.app.until(id, ({ customStatus }) => (customStatus as { round?: number } | null)?.round === 2);
      await rig.app.call('raiseEvent', id, 'late', { at: 'last' });
      expect((await rig.app.ended(id)).output).toEqual({ round: 3, result: { at: 'last' } });
    });

    it('begins the next generation only when the activity that lost its race has ended', async () => {
      const gates = [aGate(), aGate(), aGate()];
      rig.observer.reply = ({ input }) => gates[Number(input) - 1]!.opened;
      const id = await rig.app.start('slices', { input: 1 });
      for (const slice of [1, 2, 3]) {
        await rig.observer.find(({ input }) => input === slice);
        await rig.app.until(id, ({ customStatus }) => (customStatus as { slice?: number } | null)?.slice === slice);
        expect(await rig.app.status(id)).toMatchObject({
          runtimeStatus: 'Running',
          customStatus: { slice, timeIsUp: true },
        });
        expect(rig.told(slice + 1)).toBe(0);
        gates[slice - 1]!.open();
      }
      expect((await rig.app.ended(id)).output).toBe('done');
      expect(rig.observer.seen.map(({ input }) => input)).toEqual([1, 2, 3]);
    });

    it('fires timers up to a second early, and at once below a second', async () => {
      const begin = performance.now();
      const [below, whole, above] = (await rig.app.ended(await rig.app.start('timers', { input: [900, 1000, 1900] })))
        .output as number[];
      expect(below).toBeGreaterThan(400);
      expect(whole).toBeLessThanOrEqual(0);
      expect(above).toBeGreaterThan(400);
      expect(performance.now() - begin).toBeGreaterThan(2000);
    });

    it('hands a missing input over as an empty text, to orchestrators and to activities', async () => {
      const { output } = await rig.app.ended(await rig.app.start('noInput'));
      expect(output).toEqual(['', { type: 'string', input: '' }]);
    });

    it('keeps texts, numbers, objects and null-like inputs apart', async () => {
      const { output } = await rig.app.ended(
        await rig.app.start('inputs', { input: ['5', 5, { a: [1] }, true, '"q"'] }),
      );
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
      rig.observer.reply = () => ({ fail: true });
      const { output } = await rig.app.ended(await rig.app.start('caught'));
      const [first, ...rest] = (output as { message: string }).message.split('\n');
      expect(first?.trim()).toBe("Activity function 'tell' failed: told to fail");
      expect(rest.join('\n')).toContain('RpcException');
      expect(rig.told('unlucky')).toBe(3);
    });
  });
});

// From the source of the extension and of DurableTask.Core, or a matter of the stand-in alone.
describe('Durable in the stand-in', () => {
  const rig = aDurableRig(drivers[0]!);

  it('ends the parent of a sub-orchestration that was started three times when the last of them has ended', async () => {
    const { id, first, others } = await threeChildren(rig);
    await rig.app.call('raiseEvent', first, 'end', 'the first');
    await rig.app.ended(first);
    await rig.app.call('raiseEvent', id, 'step');
    for (const other of others) await rig.app.call('raiseEvent', other, 'end', 'another');
    expect(await rig.app.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'the first' });
    expect(rig.observer.seen.filter(isChild)).toHaveLength(3);
  });

  it('starts no second sub-orchestration of an id that runs: the parent that yields it again stays Running for ever', async () => {
    const id = await rig.app.start('childThrice', { input: 'only-child' });
    await rig.observer.find(isChild);
    for (const _ of [1, 2]) await rig.app.call('raiseEvent', id, 'step');
    await rig.app.call('raiseEvent', 'only-child', 'end', 'the only one');
    await rig.app.ended('only-child');
    await staysRunning(rig, id);
    expect(rig.observer.seen.filter(isChild)).toHaveLength(1);
  });

  it('forgets an event that nobody waited for when the next generation begins', async () => {
    const gate = aGate();
    rig.observer.reply = ({ input }) => (input === 1 ? gate.opened : {});
    const id = await rig.app.start('forgetful', { input: 1 });
    await rig.observer.find(({ input }) => input === 1);
    await rig.app.call('raiseEvent', id, 'note', 'too early');
    gate.open();
    await rig.observer.find(({ input }) => input === 2);
    await rig.app.call('raiseEvent', id, 'note', 'in time');
    expect((await rig.app.ended(id)).output).toBe('in time');
  });

  it('keeps an event for the next generation that came after continueAsNew, while a lost activity ran', async () => {
    const gate = aGate();
    rig.observer.reply = () => gate.opened;
    const id = await rig.app.start('lateNote', { input: 1 });
    await rig.app.until(id, ({ customStatus }) => customStatus === 'goes on');
    await rig.app.call('raiseEvent', id, 'note', 'late');
    gate.open();
    expect((await rig.app.ended(id)).output).toBe('late');
  });

  // azure-functions-durable-extension, issue 2606.
  it('gives an event to the next generation again that won against a timer which was cancelled', async () => {
    const id = await rig.app.start('newsAgain', { input: { generation: 1, awaits: false } });
    await rig.app.call('raiseEvent', id, 'news');
    expect((await rig.app.ended(id)).output).toBe('three times');
  });

  it('does not give it again where something was awaited in between', async () => {
    const id = await rig.app.start('newsAgain', { input: { generation: 1, awaits: true } });
    const isIn = (generation: number) =>
      rig.app.until(id, ({ input }) => (input as { generation: number }).generation === generation);
    await rig.app.call('raiseEvent', id, 'news');
    await isIn(2);
    await rig.app.ended(await rig.app.start('quadruple', { input: 1 }));
    expect(await isIn(2)).toMatchObject({ runtimeStatus: 'Running' });
    await rig.app.call('raiseEvent', id, 'news');
    expect((await rig.app.ended(id)).output).toBe('three times');
  });

  it('carries inputs that are too large for a queue message', async () => {
    expect((await rig.app.ended(await rig.app.start('large', { input: 200_000 }))).output).toBe(1);
  });

  it('fails an orchestrator that asks for other tasks when it is run again', async () => {
    const { runtimeStatus, output } = await rig.app.ended(await rig.app.start('moody'));
    expect({ runtimeStatus, output }).toEqual({
      runtimeStatus: 'Failed',
      output: expect.stringMatching(/^Non-Deterministic workflow detected: .*'double'/) as string,
    });
  });

  it('refuses entities by name', async () => {
    expect(await rig.app.ended(await rig.app.start('entities'))).toMatchObject({
      runtimeStatus: 'Failed',
      output: 'callEntity needs the real host (func host start).',
    });
    await expect(rig.app.call('readEntityState', { name: 'counter', key: 'one' })).rejects.toThrow('501');
  });
});
