import { describe, expect, it } from 'vitest';
import type { DeviceSession } from '../../../src/azure/device/device-session.js';
import { createSessionPool } from '../../../src/azure/device/session-pool.js';

/** Sessions that note who is open. */
const aFleet = () => {
  const open = new Set<string>();
  const opened: string[] = [];
  let most = 0;
  const opener = (name: string) => (): Promise<DeviceSession> => {
    expect(open.has(name)).toBe(false);
    open.add(name);
    opened.push(name);
    most = Math.max(most, open.size);
    let usable = true;
    return Promise.resolve({
      isUsable: () => usable,
      wasBrokenOff: () => false,
      patchReported: () => {
        usable = false;
        return Promise.resolve();
      },
      close: async () => {
        await Promise.resolve();
        open.delete(name);
      },
    });
  };
  return { open, opened, opener, most: () => most };
};
const nothing = () => Promise.resolve();

describe('the session pool', () => {
  it('keeps the most recently used sessions and closes the others first', async () => {
    const { open, opened, opener } = aFleet();
    const pool = createSessionPool({ maxOpen: 2, idleInMs: 60_000 });
    for (const name of ['a', 'b', 'a', 'c']) {
      await pool.use(name, opener(name), nothing);
    }
    expect(opened).toEqual(['a', 'b', 'c']);
    expect([...open].toSorted()).toEqual(['a', 'c']);
    await pool.close();
    expect(open.size).toBe(0);
  });

  it('counts a session as open until it is closed: the hub may show it for as long', async () => {
    const pool = createSessionPool({ maxOpen: 1, idleInMs: 60_000 });
    const closed = Promise.withResolvers<void>();
    const session = {
      isUsable: () => true,
      wasBrokenOff: () => false,
      patchReported: nothing,
      close: () => closed.promise,
    };
    await pool.use('a', () => Promise.resolve(session), nothing);
    expect([pool.has('a'), pool.has('b')]).toEqual([true, false]);
    const ended = pool.close();
    expect([pool.has('a'), pool.has('b')]).toEqual([true, false]);
    closed.resolve();
    await ended;
    expect(pool.has('a')).toBe(false);
  });

  it('never holds more than allowed, the ones in use included', async () => {
    const { opener, most, open } = aFleet();
    const pool = createSessionPool({ maxOpen: 3, idleInMs: 60_000 });
    const names = Array.from({ length: 30 }, (_, n) => `d${n % 10}`);
    await Promise.all(names.map((name) => pool.use(name, opener(name), nothing)));
    expect(most()).toBe(3);
    await pool.close();
    expect(open.size).toBe(0);
  });

  it('runs the tasks of one name one after another, after a failure too', async () => {
    const { opener } = aFleet();
    const pool = createSessionPool({ maxOpen: 5, idleInMs: 60_000 });
    const steps: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = pool.use('a', opener('a'), async () => {
      steps.push('first');
      await gate.promise;
      throw new RangeError('first fails');
    });
    const second = pool.use('a', opener('a'), () => {
      steps.push('second');
      return Promise.resolve();
    });
    await pool.use('b', opener('b'), nothing);
    expect(steps).toEqual(['first']);
    gate.resolve();
    await expect(first).rejects.toThrow('first fails');
    await second;
    expect(steps).toEqual(['first', 'second']);
    await pool.close();
  });

  it('replaces a session that is no longer usable', async () => {
    const { opened, opener, open } = aFleet();
    const pool = createSessionPool({ maxOpen: 5, idleInMs: 60_000 });
    await pool.use('a', opener('a'), (session) => session.patchReported({}));
    expect(open.size).toBe(0);
    await pool.use('a', opener('a'), nothing);
    expect(opened).toEqual(['a', 'a']);
    await pool.close();
  });

  it('leaves nothing behind when a session does not open', async () => {
    const { opener, opened } = aFleet();
    const pool = createSessionPool({ maxOpen: 1, idleInMs: 60_000 });
    await expect(pool.use('a', () => Promise.reject(new RangeError('no')), nothing)).rejects.toThrow('no');
    await pool.use('a', opener('a'), nothing);
    expect(opened).toEqual(['a']);
    await pool.close();
  });
});
