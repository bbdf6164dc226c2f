import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fault, IdentityKey, LabDescription } from '../../lab/contracts.js';
import type { ControlledLab } from '../../lab/control/app.js';
import { startControlServer, type ControlServer } from '../../lab/control/server.js';
import { FaultError } from '../../lab/faults/fault-store.js';
import { createHubFailover } from '../../lab/hub-failover/machine.js';
import { RollBackError } from '../../lab/rollback/journal.js';
import { createManualTimers } from './support/manual-timers.js';

const description = { caFile: 'ca.pem', env: {}, settings: {} } as unknown as LabDescription;

const createFakeLab = () => {
  const faults = new Map<string, Fault>();
  const events: string[] = [];
  const failover = createHubFailover({
    hubName: 'hub',
    regions: ['West Europe', 'North Europe'],
    partitions: 1,
    journal: false,
    log: () => undefined,
    timers: createManualTimers(),
  });
  const lab: ControlledLab = {
    description,
    addFault: (fault) => {
      if (fault.hub === 'namespace' && fault.plane !== 'amqp') throw new FaultError('noSuchPlane', 'nothing serves it');
      faults.set('fault-1', fault);
      return { id: 'fault-1' };
    },
    removeFault: (id) => faults.delete(id),
    faultsSettled: async () => {
      events.push('settled');
    },
    setClockSkew: (role, skewInMs) => void events.push(`clock of ${role} ${skewInMs}`),
    rollBack: (role, minutes) => {
      if (role === 'primary') throw new RollBackError('noJournal', 'off');
      events.push(`${role} back by ${minutes}`);
    },
    disturbEventGrid: (change) => void events.push(`event grid ${JSON.stringify(change)}`),
    failover: () => failover,
    telemetry: () => ({ accepted: { ns: 3 }, feeds: () => [], lostWithEndpoint: () => [] }),
    addDevices: ({ count, prefix, seed }) => {
      if (prefix === 'taken')
        throw Object.assign(new Error('exists'), { status: 409, code: 409001, errorName: 'DeviceAlreadyExists' });
      return Array.from({ length: count }, (_, n): IdentityKey => ({ deviceId: `${prefix}-${n}-${seed}` }));
    },
  };
  return { lab, faults, events };
};

describe('the control API', () => {
  let fake: ReturnType<typeof createFakeLab>;
  let server: ControlServer;
  beforeEach(async () => {
    fake = createFakeLab();
    server = await startControlServer(fake.lab);
  });
  afterEach(() => server.close());

  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${server.url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) };
  };
  const stop = { hub: 'secondary', plane: 'https', kind: 'stop' };

  it('describes the laboratory', async () => {
    expect(await send('GET', '/lab')).toEqual({ status: 200, body: description });
  });

  it('adds a fault, when the port is in its new state, and removes it', async () => {
    expect(await send('POST', '/lab/faults', { ...stop, forMs: 10 })).toEqual({ status: 201, body: { id: 'fault-1' } });
    expect(fake.events).toEqual(['settled']);
    expect(fake.faults.get('fault-1')).toEqual({ ...stop, forMs: 10 });
    expect((await send('DELETE', '/lab/faults/fault-1')).status).toBe(204);
    expect(fake.faults.size).toBe(0);
  });

  it('answers 404 unknownFault for a fault that is not there', async () => {
    expect(await send('DELETE', '/lab/faults/fault-7')).toMatchObject({
      status: 404,
      body: { error: { code: 'unknownFault' } },
    });
  });

  it('creates devices, by default with seed 1', async () => {
    expect(await send('POST', '/lab/devices', { hub: 'primary', count: 2, prefix: 'p' })).toEqual({
      status: 201,
      body: { created: [{ deviceId: 'p-0-1' }, { deviceId: 'p-1-1' }] },
    });
  });

  it('sets clocks and rolls back', async () => {
    expect((await send('POST', '/lab/clock', { hub: 'primary', skewMs: -5000 })).status).toBe(204);
    expect((await send('POST', '/lab/rollback', { hub: 'secondary', minutes: 2.5 })).status).toBe(204);
    expect(fake.events).toEqual(['clock of primary -5000', 'secondary back by 2.5']);
    expect(await send('POST', '/lab/rollback', { hub: 'primary', minutes: 1 })).toMatchObject({
      status: 409,
      body: { error: { code: 'noJournal' } },
    });
  });

  it('disturbs Event Grid', async () => {
    expect((await send('POST', '/lab/event-grid', { duplicate: 0.5, reorder: true })).status).toBe(204);
    expect(fake.events).toEqual(['event grid {"duplicate":0.5,"reorder":true}']);
  });

  it.each([
    ['a share of duplicates above 1', '/lab/event-grid', { duplicate: 2 }, 'duplicate: '],
    ['an answer of success as a fault of status', '/lab/faults', { ...stop, kind: 'status', status: 200 }, 'status: '],
    ['an error as an empty answer', '/lab/faults', { ...stop, kind: 'empty', status: 503 }, 'status: 200 or 204'],
    ['a speed for a stop', '/lab/faults', { ...stop, bytesPerSecond: 5 }, 'bytesPerSecond: only'],
    ['a rollback by nothing', '/lab/rollback', { hub: 'primary', minutes: 0 }, 'minutes: '],
    ['a fault of no kind', '/lab/faults', { hub: 'secondary', plane: 'https' }, 'kind: '],
    ['a status for a stop', '/lab/faults', { ...stop, status: 503 }, 'status: only for kind'],
    ['a share for a stop', '/lab/faults', { ...stop, share: 0.5 }, 'share: only for kinds'],
    ['a share above 1', '/lab/faults', { hub: 'primary', plane: 'https', kind: 'status', share: 2 }, 'share: '],
    ['a field nobody knows', '/lab/faults', { ...stop, forSeconds: 5 }, 'body: '],
    ['no devices', '/lab/devices', { hub: 'primary', count: 0, prefix: 'p' }, 'count: '],
    ['a prefix no id may have', '/lab/devices', { hub: 'primary', count: 1, prefix: 'a b' }, 'prefix: '],
  ])('refuses %s with 400 invalidBody and says which field', async (_name, path, body, issue) => {
    const answer = await send('POST', path, body);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'invalidBody' } } });
    expect(answer.body).toMatchObject({ error: { issues: [expect.stringContaining(issue)] } });
  });

  it('refuses what is not JSON, by body and by content type', async () => {
    const notJson = { status: 400, body: { error: { code: 'notJson' } } };
    expect(await send('POST', '/lab/faults', '{')).toMatchObject(notJson);
    expect(await send('POST', '/lab/faults', stop, { 'content-type': 'text/plain' })).toMatchObject(notJson);
    expect(fake.faults.size).toBe(0);
  });

  it('starts a failover of a hub, shows it, and refuses another', async () => {
    const path = '/hubs/primary/failover';
    expect(await send('GET', path)).toMatchObject({ status: 200, body: { state: 'Active', operation: null } });
    const started = await send('POST', path, { options: { interimState: 'Moving' } });
    expect(started).toMatchObject({ status: 202, body: { id: expect.any(String), status: 'InProgress', moments: {} } });
    expect(await send('GET', path)).toMatchObject({
      status: 200,
      body: {
        state: 'Moving',
        endpoint: { hostName: 'iothub-ns-hub-1.servicebus.windows.net' },
        locations: [{ location: 'West Europe' }, { location: 'North Europe' }],
        consumerGroups: ['$Default'],
        operation: { id: started.body?.['id'] },
        telemetry: { accepted: { ns: 3 }, lostWithEndpoint: 0 },
      },
    });
    expect(await send('POST', path, {})).toMatchObject({ status: 409, body: { error: { code: 'notActive' } } });
  });

  it('starts a failover without a body, but not for a web page', async () => {
    const path = '/hubs/primary/failover';
    expect(await send('POST', path, undefined, { origin: 'https://evil.example' })).toMatchObject({
      status: 400,
      body: { error: { code: 'notJson' } },
    });
    expect(await send('GET', path)).toMatchObject({ body: { state: 'Active' } });
    expect(await send('POST', path)).toMatchObject({ status: 202, body: { status: 'InProgress' } });
  });

  it.each([
    ['to another region than the paired one', { failoverRegion: 'Mars' }, 409, 'wrongRegion'],
    ['with a rollback that has no journal', { options: { rollBackMinutes: 1 } }, 409, 'noJournal'],
    ['with a moment out of its order', { options: { timeline: { activeInMs: 1 } } }, 400, 'invalidBody'],
    ['with an option that there is not', { options: { speed: 1 } }, 400, 'invalidBody'],
  ])('refuses a failover %s', async (_what, body, status, code) => {
    expect(await send('POST', '/hubs/primary/failover', body)).toMatchObject({ status, body: { error: { code } } });
  });

  it('knows no other hub to fail over', async () => {
    expect(await send('POST', '/hubs/tertiary/failover', {})).toMatchObject({ status: 404 });
    expect(await send('GET', '/hubs/tertiary/failover')).toMatchObject({ status: 404 });
  });

  it('names a plane that nothing serves, and a refusal of the hub', async () => {
    expect(await send('POST', '/lab/faults', { ...stop, hub: 'namespace' })).toMatchObject({
      status: 400,
      body: { error: { code: 'noSuchPlane' } },
    });
    expect(await send('POST', '/lab/devices', { hub: 'primary', count: 1, prefix: 'taken' })).toMatchObject({
      status: 409,
      body: { error: { code: 'refusedByHub', message: 'DeviceAlreadyExists: exists' } },
    });
  });

  it('answers 404 notFound elsewhere', async () => {
    expect(await send('GET', '/')).toMatchObject({ status: 404, body: { error: { code: 'notFound' } } });
  });

  it.each([
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost', 200],
    ['[::1]:80', 200],
  ])('asked as Host %s answers %d', async (host, expected) => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(`${server.url}/lab`, { headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(expected);
  });
});
