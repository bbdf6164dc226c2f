import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubMessage, MessageSource } from '../../lab/contracts.js';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import { connectRoutes, type ConnectedRoutes } from '../../lab/routes/connect-routes.js';
import { aNamespace, aTwinChange, read } from './support/event-hubs.js';

/** The part of a hub that routes see. */
const aHub = () => {
  const listeners = new Set<(message: HubMessage) => void>();
  return {
    onMessage: (listener: (message: HubMessage) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    emit: (deviceId: string, n: number, more: { source?: MessageSource; moduleId?: string } = {}) => {
      for (const listener of listeners) listener({ ...aTwinChange(deviceId, { n }), ...more });
    },
  };
};

let namespace: StartedNamespace;
let hub: ReturnType<typeof aHub>;
let routes: ConnectedRoutes;
let clock: number;

beforeEach(async () => {
  clock = 1_000_000;
  namespace = await aNamespace();
  namespace.createEventHub('devicetwin', { partitions: 4 });
  hub = aHub();
  routes = connectRoutes({
    core: hub,
    namespace,
    routes: [
      { source: 'twinChangeEvents', eventHub: 'devicetwin' },
      { source: 'deviceLifecycleEvents', eventHub: 'devicetwin' },
    ],
    now: () => clock,
  });
});
afterEach(async () => {
  routes.close();
  await namespace.close();
});

const stored = (): number => namespace.partitions('devicetwin').reduce((sum, { length }) => sum + length, 0);

describe('message routes', () => {
  it('carry the sources they name, a device and its modules in one partition', async () => {
    hub.emit('d1', 0);
    hub.emit('d1', 1, { source: 'deviceLifecycleEvents', moduleId: 'm1' });
    hub.emit('d1', 2, { source: 'deviceMessages' });
    await using reading = read(namespace.connectionString, 'devicetwin');
    const events = await reading.waitFor(2);
    expect(events.map(({ body }) => body.n)).toEqual([0, 1]);
    expect(new Set(reading.partitionOf.values()).size).toBe(1);
    expect(stored()).toBe(2);
  });

  it('wait while the namespace is stopped and arrive in order afterwards', async () => {
    await using reading = read(namespace.connectionString, 'devicetwin');
    hub.emit('d1', 0);
    await reading.waitFor(1);
    await namespace.stop();
    for (let n = 1; n <= 5; n += 1) hub.emit('d1', n);
    expect([routes.pending, stored()]).toEqual([5, 1]);
    await namespace.resume();
    hub.emit('d1', 6);
    const events = await reading.waitFor(7);
    expect(events.map(({ body }) => body.n)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([routes.pending, routes.expired]).toEqual([0, 0]);
  });

  it('lose what has waited for an hour, and only that', async () => {
    await namespace.stop();
    hub.emit('d1', 1);
    clock += 30 * 60 * 1000;
    hub.emit('d1', 2);
    clock += 30 * 60 * 1000;
    await namespace.resume();
    expect([routes.expired, routes.pending, stored()]).toEqual([1, 0, 1]);
    await using reading = read(namespace.connectionString, 'devicetwin');
    expect((await reading.waitFor(1)).map(({ body }) => body.n)).toEqual([2]);
  });

  it('refuse an event hub that does not exist', () => {
    const nowhere = [{ source: 'twinChangeEvents' as const, eventHub: 'nowhere' }];
    expect(() => connectRoutes({ core: hub, namespace, routes: nowhere })).toThrow("'nowhere' could not be found");
  });

  it('carry nothing more when closed', () => {
    routes.close();
    hub.emit('d1', 1);
    expect(stored()).toBe(0);
  });
});
