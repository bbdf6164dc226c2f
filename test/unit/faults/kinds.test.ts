import { describe, expect, it } from 'vitest';
import type { Fault, WireShape } from '../../../lab/contracts.js';
import { createFaultStore } from '../../../lab/faults/fault-store.js';
import { createFakeListener, createManualTimers } from './fake-listener.js';

const aStore = () => {
  const timers = createManualTimers();
  const store = createFaultStore({ timers });
  const shapes: Record<string, WireShape[]> = {};
  for (const [hub, plane] of [
    ['secondary', 'https'],
    ['secondary', 'mqtt'],
    ['storage', 'blob'],
  ] as const) {
    const seen: WireShape[] = [];
    shapes[plane] = seen;
    store.attach(hub, plane, { ...createFakeListener(), setShape: (shape) => seen.push(shape) });
  }
  store.attach('namespace', 'amqp', createFakeListener());
  return { store, timers, shapes };
};

describe('faults of the wire', () => {
  it('shape a port while they last, the slowest of them', () => {
    const { store, shapes } = aStore();
    const hole = store.add({ hub: 'storage', plane: 'blob', kind: 'blackHole' });
    const slow = store.add({ hub: 'storage', plane: 'blob', kind: 'slow', bytesPerSecond: 50 });
    store.add({ hub: 'storage', plane: 'blob', kind: 'slow' });
    store.remove(hole.id);
    store.remove(slow.id);
    expect(shapes['blob']).toEqual([
      { blackHole: true },
      { blackHole: true, bytesPerSecond: 50 },
      { blackHole: true, bytesPerSecond: 50 },
      { bytesPerSecond: 50 },
      { bytesPerSecond: 1000 },
    ]);
    expect(shapes['https']).toEqual([]);
  });

  it('free the port when they end by themselves', () => {
    const { store, timers, shapes } = aStore();
    store.add({ hub: 'secondary', plane: 'mqtt', kind: 'blackHole', forMs: 100 });
    timers.pass(100);
    expect(shapes['mqtt']).toEqual([{ blackHole: true }, {}]);
  });

  it('reset cuts on the wire, by its share; on HTTPS the server does it, after the work', () => {
    const { store, shapes } = aStore();
    store.add({ hub: 'storage', plane: 'blob', kind: 'reset', share: 0 });
    store.add({ hub: 'secondary', plane: 'mqtt', kind: 'reset' });
    store.add({ hub: 'secondary', plane: 'https', kind: 'reset' });
    expect([shapes['blob']?.[0]?.cut?.(), shapes['mqtt']?.[0]?.cut?.()]).toEqual([false, true]);
    expect(shapes['https']).toEqual([]);
    expect(store.damage?.('secondary', 'https')).toBe('reset');
    expect(store.damage?.('secondary', 'mqtt')).toBe('reset');
    expect(store.damage?.('primary', 'https')).toBeUndefined();
  });
});

describe('faults of answers', () => {
  it.each<[Fault['kind'], number | undefined, object]>([
    ['throttle', undefined, { status: 429 }],
    ['wrongType', undefined, { status: 200, instead: 'html' }],
    ['empty', undefined, { status: 200, instead: 'nothing' }],
    ['empty', 204, { status: 204, instead: 'nothing' }],
  ])('%s %s', async (kind, status, answer) => {
    const { store } = aStore();
    store.add({ hub: 'secondary', plane: 'https', kind, ...(status === undefined ? {} : { status }) });
    expect(await store.before('secondary', 'https')).toEqual(answer);
    expect(store.damage?.('secondary', 'https')).toBeUndefined();
  });

  it('half breaks the answer and lets the work be done', async () => {
    const { store } = aStore();
    store.add({ hub: 'secondary', plane: 'https', kind: 'half' });
    expect(await store.before('secondary', 'https')).toBeUndefined();
    expect(store.damage?.('secondary', 'https')).toBe('half');
  });
});

it.each<[Fault['hub'], Fault['plane'], Fault['kind']]>([
  ['storage', 'blob', 'status'],
  ['storage', 'blob', 'half'],
  ['secondary', 'mqtt', 'wrongType'],
  ['namespace', 'amqp', 'empty'],
  ['namespace', 'amqp', 'blackHole'],
])('what %s/%s cannot play is refused by name: %s', (hub, plane, kind) => {
  const { store } = aStore();
  expect(() => store.add({ hub, plane, kind })).toThrow(expect.objectContaining({ code: 'notOnThisPlane' }));
});
