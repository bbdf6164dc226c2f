import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubMessage, Lab } from '../../lab/contracts.js';
import type { StartedNamespace } from '../../lab/event-hubs/namespace.js';
import { connectRoutes, type ConnectedRoutes } from '../../lab/routes/connect-routes.js';
import { aLab, readEvents } from './a-lab.js';
import { aNamespace, aTwinChange } from './support/event-hubs.js';

const hourInMs = 3_600_000;

let namespace: StartedNamespace;
let routes: ConnectedRoutes;
let clock: number;
let emit: (message: HubMessage) => void;
beforeEach(async () => {
  clock = hourInMs;
  namespace = await aNamespace();
  for (const name of ['twins', 'lives']) namespace.createEventHub(name, { partitions: 1 });
  routes = connectRoutes({
    core: {
      onMessage: (listener) => {
        emit = listener;
        return () => undefined;
      },
    },
    namespace,
    routes: [
      { source: 'twinChangeEvents', eventHub: 'twins' },
      { source: 'deviceLifecycleEvents', eventHub: 'lives' },
    ],
    now: () => clock,
  });
});
afterEach(async () => {
  routes.close();
  await namespace.close();
});

const states = () => routes.health().map(({ eventHub, status, waiting }) => `${eventHub} ${status} ${waiting}`);
const change = () => emit(aTwinChange('d1'));

describe('the health of endpoints', () => {
  it('is unknown until a message has been tried, each endpoint for itself', () => {
    expect(routes.health()).toEqual([
      { eventHub: 'twins', status: 'unknown', waiting: 0, expired: 0 },
      { eventHub: 'lives', status: 'unknown', waiting: 0, expired: 0 },
    ]);
    change();
    expect(states()).toEqual(['twins healthy 0', 'lives unknown 0']);
  });

  it('is unhealthy while messages wait, degraded when they have gone through, healthy with the next', async () => {
    change();
    await namespace.stop();
    expect(states()[0]).toBe('twins healthy 0');
    clock += 1000;
    change();
    change();
    expect(routes.health()[0]).toEqual({
      eventHub: 'twins',
      status: 'unhealthy',
      waiting: 2,
      expired: 0,
      lastSuccessfulSendAttemptTime: new Date(hourInMs),
      lastSendAttemptTime: new Date(hourInMs + 1000),
    });
    await namespace.resume();
    expect(states()[0]).toBe('twins degraded 0');
    change();
    expect(states()[0]).toBe('twins healthy 0');
  });

  it('is dead once a message has been given up after an hour, and stays so until one goes through', async () => {
    await namespace.stop();
    change();
    clock += hourInMs - 1;
    expect(states()[0]).toBe('twins unhealthy 1');
    clock += 1;
    expect(routes.health()[0]).toMatchObject({ status: 'dead', waiting: 0, expired: 1 });
    change();
    expect(states()[0]).toBe('twins dead 1');
    await namespace.resume();
    expect(routes.health()[0]).toMatchObject({ status: 'degraded', waiting: 0, expired: 1 });
    expect(namespace.partitions('twins')[0]?.length).toBe(1);
  });
});

describe('a laboratory', () => {
  it('tells the health of its routes, and gives messages up as soon as it is told to', async () => {
    await using lab: Lab = await aLab({ routeExpiryInMs: 1 });
    expect(lab.endpointHealth('primary').map(({ eventHub, status }) => [eventHub, status])).toEqual([
      ['devicetwin', 'unknown'],
    ]);
    const { id } = lab.addFault({ hub: 'namespace', plane: 'amqp', kind: 'stop' });
    await lab.faultsSettled();
    lab.addDevices({ hub: 'primary', count: 1, prefix: 'lost' });
    await expect.poll(() => lab.endpointHealth('primary')[0]).toMatchObject({ status: 'dead', expired: 2 });
    lab.removeFault(id);
    await lab.faultsSettled();
    lab.addDevices({ hub: 'primary', count: 1, prefix: 'told' });
    expect(lab.endpointHealth('primary')[0]).toMatchObject({ status: 'healthy', expired: 2 });
    expect(lab.endpointHealth('secondary')[0]).toMatchObject({ status: 'unknown' });
    const events = await readEvents(lab, 'devicetwin', 2);
    expect(events.map(({ properties }) => properties?.['deviceId'])).toEqual(['told-0001', 'told-0001']);
  });
});
