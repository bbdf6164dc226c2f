import { describe, expect, it } from 'vitest';
import { drivers, type HostDriver } from '../drivers.js';
import { aDurableRig } from './support/durable-rig.js';

/** `fails`: the first calls of `tell` with such an input fail, so many of them. */
function aRig(driver: HostDriver) {
  const rig = aDurableRig(driver);
  const fails = (counts: Record<string, number>): void => {
    rig.observer.reply = ({ input }) => ({ fail: rig.told(input) <= (counts[String(input)] ?? 0) });
  };
  return { rig, fails };
}

// Observed with durable-functions 3.5.0: its part of the protocol.
describe.each(drivers)('Durable facts of the library in $name', (driver) => {
  describe.skipIf(!driver.available)('as observed', () => {
    const { rig, fails } = aRig(driver);

    it('Task.all of two that retry and a plain one: each is tried until it succeeds, and the results keep their places', async () => {
      fails({ a: 2, b: 1 });
      const { runtimeStatus, output } = await rig.app.ended(await rig.app.start('retriesTogether'));
      expect({ runtimeStatus, output, a: rig.told('a'), b: rig.told('b') }).toEqual({
        runtimeStatus: 'Completed',
        output: ['a', 'b', 4],
        a: 3,
        b: 2,
      });
    });

    it('Task.all of two that retry and a plain one: fails with the one that never succeeds', async () => {
      fails({ a: 1, b: 3 });
      const { runtimeStatus, output } = await rig.app.ended(await rig.app.start('retriesTogether'));
      expect({ runtimeStatus, output, b: rig.told('b') }).toEqual({
        runtimeStatus: 'Failed',
        output: expect.stringContaining("Activity function 'tell' failed: told to fail") as string,
        b: 3,
      });
    });

    it('goes on after the last attempt of a retry, with the ids in step', async () => {
      fails({ unlucky: 2 });
      const { output } = await rig.app.ended(await rig.app.start('gaveUpTwice'));
      expect({ output, tried: rig.told('unlucky') }).toEqual({ output: 4, tried: 2 });
    });

    it.each([undefined, 'flaky-child'])(
      'callSubOrchestratorWithRetry runs a child anew that failed, id %s',
      async (instanceId) => {
        fails({ 'flaky child': 2 });
        const { runtimeStatus, output } = await rig.app.ended(
          await rig.app.start('flakyAgain', { input: instanceId === undefined ? {} : { instanceId } }),
        );
        expect({ runtimeStatus, output, tried: rig.told('flaky child') }).toEqual({
          runtimeStatus: 'Completed',
          output: 'flaky child',
          tried: 3,
        });
      },
    );

    it('callSubOrchestratorWithRetry fails as the child does after the last attempt', async () => {
      fails({ 'flaky child': 3 });
      const { runtimeStatus, output } = await rig.app.ended(await rig.app.start('flakyAgain', { input: {} }));
      expect({ runtimeStatus, output, tried: rig.told('flaky child') }).toEqual({
        runtimeStatus: 'Failed',
        output: expect.stringContaining("The sub-orchestrator function 'flaky' failed:") as string,
        tried: 3,
      });
    });

    it('pitfall a: a timer that is yielded in a second Task.any is made again, and what comes after it is never heard of', async () => {
      const id = await rig.app.start('timerTwice');
      for (const _ of [1, 2]) await rig.app.call('raiseEvent', id, 'step');
      await rig.observer.find(({ input }) => input === 'after the timer');
      // By then its answer has come, too.
      await rig.app.ended(await rig.app.start('quadruple', { input: 1 }));
      expect(await rig.app.status(id)).toMatchObject({ runtimeStatus: 'Running', output: null });
      expect(rig.told('after the timer')).toBe(1);
    });

    it('pitfall b: a second event of the name changes the result of a task that was yielded twice', async () => {
      const id = await rig.app.start('eventTwice');
      await rig.app.call('raiseEvent', id, 'step');
      await rig.app.call('raiseEvent', id, 'news', 'first');
      await rig.app.call('raiseEvent', id, 'news', 'second');
      await rig.app.call('raiseEvent', id, 'end');
      expect((await rig.app.ended(id)).output).toEqual({ copied: 'first', now: 'second' });
    });

    it('pitfall c: a timer that lost and was not cancelled keeps the instance Running until it fires', async () => {
      const ends = async (cancel: boolean): Promise<{ shown: string; inMs: number }> => {
        const begun = performance.now();
        const id = await rig.app.start('loser', { input: { cancel } });
        await rig.app.call('raiseEvent', id, 'end');
        const { runtimeStatus } = await rig.app.until(id, ({ customStatus }) => customStatus === 'has returned');
        expect((await rig.app.ended(id)).output).toBe('done');
        return { shown: runtimeStatus, inMs: performance.now() - begun };
      };
      const cancelled = await ends(true);
      const kept = await ends(false);
      expect([cancelled.shown, kept.shown]).toEqual(['Completed', 'Running']);
      // Timers are kept at whole seconds.
      expect(kept.inMs).toBeGreaterThan(1_000);
    });

    it.each(['two', '5', '"q"', '{"a":1}', ''])(
      'hands a text over to the next generation as it is: %j',
      async (next) => {
        const { output } = await rig.app.ended(await rig.app.start('inputAnew', { input: { next } }));
        expect(output).toEqual({ type: 'string', input: next });
      },
    );

    it('hands what is no text over to the next generation as it is', async () => {
      const { output } = await rig.app.ended(await rig.app.start('inputAnew', { input: { next: 5 } }));
      expect(output).toEqual({ type: 'number', input: 5 });
    });

    it('makes a Date of each text that is called Timestamp in an input', async () => {
      const at = '2026-11-29T00:00:00.000Z';
      const input = { Timestamp: at, deep: { Timestamp: at }, timestamp: at };
      expect((await rig.app.ended(await rig.app.start('timestamps', { input }))).output).toEqual([
        'a Date',
        'a Date',
        'string',
        'string',
      ]);
    });

    it('tells an orchestrator its id, that of its parent, the time and whether it is replayed', async () => {
      const id = await rig.app.start('whoAmI', { instanceId: 'me' });
      expect((await rig.app.ended(id)).output).toEqual({
        child: { instanceId: 'me-child', parentInstanceId: 'me' },
        parentInstanceId: 'none',
        replaying: [true, false],
        begun: 'before',
      });
    });
  });
});

describe('Durable facts of the library: ids in the history of the stand-in', () => {
  const { rig, fails } = aRig(drivers[0]!);
  const asked = async (id: string) => {
    const { rpcBaseUrl } = (await (await fetch(`${rig.app.url}/api/clientInput`)).json()) as { rpcBaseUrl: string };
    const response = await fetch(`${rpcBaseUrl}instances/${id}?showHistory=true`);
    const { historyEvents } = (await response.json()) as { historyEvents: { EventType: number; EventId: number }[] };
    const kinds: Record<number, string> = { 4: 'task', 7: 'sub', 10: 'timer' };
    return historyEvents.flatMap(({ EventType, EventId }) => (EventId < 0 ? [] : [`${kinds[EventType]} ${EventId}`]));
  };

  it('two attempts take the ids 0 to 3: the last one has its timer, too', async () => {
    fails({ unlucky: 2 });
    const id = await rig.app.start('gaveUpTwice');
    await rig.app.ended(id);
    expect(await asked(id)).toEqual(['task 0', 'timer 1', 'task 2', 'timer 3', 'task 4']);
  });

  it('a timer in two Task.any takes two ids', async () => {
    const id = await rig.app.start('timerTwice');
    for (const _ of [1, 2]) await rig.app.call('raiseEvent', id, 'step');
    await rig.observer.find(({ input }) => input === 'after the timer');
    expect(await asked(id)).toEqual(['timer 0', 'timer 1', 'task 2']);
  });
});
