import { describe, expect, it } from 'vitest';
import { createFaultStore, FaultError } from '../../../lab/faults/fault-store.js';
import { createFakeListener, createManualTimers } from './fake-listener.js';

const aStore = () => {
  const timers = createManualTimers();
  const errors: unknown[] = [];
  const store = createFaultStore({ timers, onError: (error) => errors.push(error) });
  const https = createFakeListener();
  const mqtt = createFakeListener();
  store.attach('secondary', 'https', https);
  store.attach('secondary', 'mqtt', mqtt);
  return { store, timers, https, mqtt, errors };
};

describe('stop and refuse', () => {
  it('close one port and open it again when removed', async () => {
    const { store, https, mqtt } = aStore();
    const { id } = store.add({ hub: 'secondary', plane: 'https', kind: 'stop' });
    await store.settled();
    expect(https.calls).toEqual(['stop']);
    expect(store.remove(id)).toBe(true);
    await store.settled();
    expect(https.calls).toEqual(['stop', 'resume']);
    expect(mqtt.calls).toEqual([]);
  });

  it('keep the port closed until the last stop is gone', async () => {
    const { store, timers, https } = aStore();
    store.add({ hub: 'secondary', plane: 'https', kind: 'stop', forMs: 100 });
    const { id } = store.add({ hub: 'secondary', plane: 'https', kind: 'stop' });
    await store.settled();
    timers.pass(100);
    await store.settled();
    expect(https.calls).toEqual(['stop']);
    expect(store.list().map((fault) => fault.id)).toEqual([id]);
    store.remove(id);
    await store.settled();
    expect(https.calls).toEqual(['stop', 'resume']);
  });

  it('end by themselves after forMs, not before', async () => {
    const { store, timers, https } = aStore();
    store.add({ hub: 'secondary', plane: 'https', kind: 'stop', forMs: 100 });
    timers.pass(99);
    await store.settled();
    expect(https.calls).toEqual(['stop']);
    timers.pass(1);
    await store.settled();
    expect(https.calls).toEqual(['stop', 'resume']);
    expect(store.list()).toEqual([]);
  });

  it('do not pile up when they come and go while the port moves', async () => {
    const { store, https } = aStore();
    const first = store.add({ hub: 'secondary', plane: 'https', kind: 'stop' });
    store.remove(first.id);
    store.add({ hub: 'secondary', plane: 'https', kind: 'stop' });
    await store.settled();
    expect(https.calls).toEqual(['stop']);
  });

  it('refuse beside stop is independent of it', async () => {
    const { store, https } = aStore();
    const refuse = store.add({ hub: 'secondary', plane: 'https', kind: 'refuse' });
    const stop = store.add({ hub: 'secondary', plane: 'https', kind: 'stop' });
    await store.settled();
    store.remove(refuse.id);
    store.remove(stop.id);
    await store.settled();
    expect(https.calls).toEqual(['refusing true', 'stop', 'refusing false', 'resume']);
  });

  it('a port that does not open again is told, and tried again by the next change', async () => {
    const { store, https, errors } = aStore();
    const { id } = store.add({ hub: 'secondary', plane: 'https', kind: 'stop' });
    await store.settled();
    https.failNext = new Error('EADDRINUSE');
    store.remove(id);
    await expect(store.settled()).rejects.toThrow('EADDRINUSE');
    expect(errors).toHaveLength(1);
    store.remove(store.add({ hub: 'secondary', plane: 'https', kind: 'delay' }).id);
    await store.settled();
    expect(https.calls).toEqual(['stop', 'resume', 'resume']);
  });
});

describe('delay and status', () => {
  const ask = async (store: ReturnType<typeof aStore>['store'], times: number) => {
    const answers: (number | undefined)[] = [];
    for (let n = 0; n < times; n += 1) answers.push((await store.before('secondary', 'https'))?.status);
    return answers;
  };

  it('nothing in force: every request passes at once', async () => {
    const { store, timers } = aStore();
    expect(await ask(store, 3)).toEqual([undefined, undefined, undefined]);
    expect(timers.slept).toEqual([]);
  });

  it('status is 503 unless named, on its plane only', async () => {
    const { store } = aStore();
    const { id } = store.add({ hub: 'secondary', plane: 'https', kind: 'status' });
    expect(await ask(store, 1)).toEqual([503]);
    expect(await store.before('secondary', 'mqtt')).toBeUndefined();
    expect(await store.before('primary', 'https')).toBeUndefined();
    store.remove(id);
    store.add({ hub: 'secondary', plane: 'https', kind: 'status', status: 429 });
    expect(await ask(store, 1)).toEqual([429]);
  });

  it('a share hits about that share, the same ones for the same seed', async () => {
    const run = async (seed: number) => {
      const { store } = aStore();
      store.add({ hub: 'secondary', plane: 'https', kind: 'status', share: 0.2, seed });
      return ask(store, 1000);
    };
    const [first, again, other] = [await run(7), await run(7), await run(8)];
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
    const hits = first.filter((status) => status === 503).length;
    expect(hits).toBeGreaterThan(150);
    expect(hits).toBeLessThan(250);
  });

  it('status ends after forMs; a delay uses forMs as its length and lasts', async () => {
    const { store, timers } = aStore();
    store.add({ hub: 'secondary', plane: 'https', kind: 'status', forMs: 50 });
    store.add({ hub: 'secondary', plane: 'https', kind: 'delay', forMs: 300 });
    store.add({ hub: 'secondary', plane: 'https', kind: 'delay' });
    expect(await ask(store, 1)).toEqual([503]);
    timers.pass(1000);
    expect(await ask(store, 1)).toEqual([undefined]);
    expect(timers.slept).toEqual([1300, 1300]);
  });
});

describe('the store', () => {
  it('names a plane that nothing serves', () => {
    const { store } = aStore();
    const add = () => store.add({ hub: 'namespace', plane: 'https', kind: 'stop' });
    expect(add).toThrow(FaultError);
    expect(add).toThrow('nothing serves https on namespace');
  });
  it('an unknown id is not removed', () => expect(aStore().store.remove('fault-9')).toBe(false));
  it('leaves no timer behind when it closes', () => {
    const { store, timers } = aStore();
    store.add({ hub: 'secondary', plane: 'https', kind: 'stop', forMs: 1000 });
    expect(timers.pending).toBe(1);
    store.close();
    expect(timers.pending).toBe(0);
  });
});
