import { Client, SharedAccessSignature, type Twin } from 'azure-iot-device';
import { Amqp } from 'azure-iot-device-amqp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { HubErrorShape, HubMessage, JsonObject } from '../../lab/contracts.js';
import { differingPaths } from '../../lab/compare/compare-json.js';
import { createAmqpDeviceServer } from '../../lab/hub/amqp/server.js';
import { parseJson } from '../../lab/hub/core/number-text.js';
import { createLabCertificates } from '../../lab/net/certificates.js';
import { removeHostMapping, setHostMapping } from '../../lab/net/host-map.js';
import { trustInProcess } from '../../lab/net/trust.js';
import { createTwinCoalescer } from '../../lab/routes/coalesce-twins.js';
import { errorNameIn } from './support/hub-refusals.js';
import { startHubServer, type HubServer } from './support/hub-server.js';
import { ensureIdentity, eventually, noRetry, startMqttHub, type MqttHub } from './support/mqtt-hub.js';
import { openRawClient } from './support/mqtt-raw-client.js';

/** Numbers whose text JavaScript would not give back, at every depth (shared case: public reports of copying tools). */
const odd =
  '"setPoint":21.0,"big":1E+20,"serial":5283920058631410000.0,"exp":1.0E-5,"minus":-0.0,"deep":{"list":[1.50,[2e2],{"x":0.10}]}';
const section = (text: string): string => `{${text}}`;
const content = parseJson(section(odd)) as JsonObject;

let hub: HubServer;
let devices: MqttHub;
const told: HubMessage[] = [];
beforeAll(async () => {
  hub = await startHubServer({ unsettled: { queriesLagInMs: 0 } });
  devices = await startMqttHub();
  for (const { core } of [hub, devices]) core.onMessage((message) => told.push(message));
});
afterAll(async () => {
  await hub.close();
  await devices[Symbol.asyncDispose]();
});
const lastBody = () => told.at(-1)?.body.toString() ?? '';
const aDevice = async (deviceId: string) => {
  await hub.registry.create({ deviceId });
  return `/twins/${deviceId}`;
};

describe('numbers over REST', () => {
  it('are given back and told as a patch wrote them', async () => {
    const path = await aDevice('patched');
    const text = `{"tags":${section(odd)},"properties":{"desired":${section(odd)}}}`;
    const patched = await hub.rest('PATCH', path, { text });
    expect(patched.status).toBe(200);
    for (const answer of [patched, await hub.rest('GET', path)]) {
      expect(answer.text).toContain(`"tags":${section(odd)}`);
      expect(answer.text).toContain(`"desired":{${odd},`);
    }
    expect(lastBody()).toContain(`"tags":${section(odd)},"properties":{"desired":{${odd},`);
  });

  it('survive a merge of others, a replace, a bulk create, a query and the end of the device', async () => {
    const path = await aDevice('replaced');
    await hub.rest('PUT', path, { text: `{"tags":${section(odd)}}` });
    expect(lastBody()).toContain(`"tags":${section(odd)}`);
    await hub.rest('PATCH', path, { text: '{"tags":{"more":2.50}}' });
    expect((await hub.rest('GET', path)).text).toContain(`"tags":{${odd},"more":2.50}`);
    await hub.rest('POST', '/devices', { text: `[{"id":"bulk","importMode":"create","tags":${section(odd)}}]` });
    expect(lastBody()).toContain(`"tags":${section(odd)}`);
    const query = await hub.rest('POST', '/devices/query', { body: { query: 'SELECT * FROM devices' } });
    expect(query.text.split(`"tags":${section(odd)}`).length - 1).toBeGreaterThan(1);
    await hub.registry.delete('bulk');
    expect(lastBody()).toContain(`"tags":${section(odd)}`);
  });

  it('are no objects: a section that is a number is refused', async () => {
    const path = await aDevice('number');
    for (const text of ['{"tags":21.0}', '{"properties":{"desired":1E+20}}', '{"properties":2.0}', '21.0']) {
      const { status, body } = await hub.rest('PATCH', path, { text });
      expect([status, errorNameIn(body)]).toEqual([400, 'ArgumentInvalid']);
    }
  });

  it('replace an object and are replaced by one, as other scalars', async () => {
    const path = await aDevice('swapped');
    await hub.rest('PATCH', path, { text: '{"tags":{"a":{"b":1.0},"c":2.0}}' });
    const { text } = await hub.rest('PATCH', path, { text: '{"tags":{"a":3.0,"c":{"d":4.0}}}' });
    expect(text).toContain('"tags":{"a":3.0,"c":{"d":4.0}}');
    expect((await hub.rest('PATCH', path, { text: '{"tags":{"a":null}}' })).text).toContain('"tags":{"c":{"d":4.0}}');
  });

  it.each([
    ['5283920058631410000', 400],
    ['4503599627370496', 400],
    ['-4503599627370497', 400],
    ['1E+400', 400],
    ['4503599627370495', 200],
    ['4503599627370496.0', 200],
    ['1E+20', 200],
    ['1e+21', 200],
    ['1.79E308', 200],
  ])('%s is answered %i: digits alone are an integer, which has limits', async (number, status) => {
    const path = await aDevice(`limit-${number.replace(/[+.]/g, '_')}`);
    const answer = await hub.rest('PATCH', path, { text: `{"properties":{"desired":{"a":[{"n":${number}}]}}}` });
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(status === 400 ? 'ErrorCode:ArgumentInvalid' : `{"n":${number}}`);
  });

  it('count 8 bytes each', async () => {
    const path = await aDevice('large');
    const tags = (length: number) =>
      `{"tags":{"n":1.000000000000,"a":"${'x'.repeat(4086)}","b":"${'y'.repeat(length)}"}}`;
    expect((await hub.rest('PATCH', path, { text: tags(4095) })).status).toBe(200);
    expect((await hub.rest('PATCH', path, { text: tags(4096) })).status).toBe(400);
  });
});

const refusedBy = (write: () => unknown): Promise<number | undefined> =>
  Promise.resolve()
    .then(write)
    .then(
      () => undefined,
      (error: HubErrorShape) => error.code,
    );

describe('largeDoublesTaken', () => {
  it.each([
    [true, [200, 200, 200, 400]],
    [false, [400, 400, 200, 400]],
  ])('%s: doubles that are whole and beyond the range of integers', async (largeDoublesTaken, expected) => {
    const { core, rest, close } = await startHubServer({ unsettled: { largeDoublesTaken } });
    core.createIdentity({ deviceId: 'd' }, {});
    const numbers = ['1E+20', '5283920058631410000.0', '21.0', '5283920058631410000'];
    for (const method of ['PATCH', 'PUT']) {
      const statuses: number[] = [];
      for (const number of numbers)
        statuses.push((await rest(method, '/twins/d', { text: `{"tags":{"n":[${number}]}}` })).status);
      expect(statuses).toEqual(expected);
    }
    const bulk = await rest('POST', '/devices', { text: '[{"id":"b","importMode":"create","tags":{"n":1E+20}}]' });
    expect(bulk.status).toBe(largeDoublesTaken ? 200 : 400);
    const reported = parseJson('{"n":1E+20}') as JsonObject;
    const refusal = await refusedBy(() => core.patchReported({ deviceId: 'd' }, reported));
    expect(refusal).toBe(largeDoublesTaken ? undefined : 400004);
    await close();
  });
});

describe('numbers of devices', () => {
  it('over MQTT are reported, read and pushed as they were written', async () => {
    const { core } = devices;
    ensureIdentity(devices, { deviceId: 'raw' });
    const expiry = Math.floor(Date.now() / 1000) + 600;
    const token = SharedAccessSignature.create(
      core.hostName,
      'raw',
      devices.key({ deviceId: 'raw' }),
      expiry,
    ).toString();
    const client = await openRawClient(core.hostName);
    await client.connect('raw', `${core.hostName}/raw/?api-version=2021-04-12`, token);
    for (const filter of ['$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#'])
      await client.subscribe(filter);
    // The acknowledgement and the answer come in either order.
    const twoPackets = async (topic: string, payload: string) => {
      const answers = [await client.publish(topic, payload), await client.next()];
      return answers.map(String).join('');
    };
    await twoPackets('$iothub/twin/PATCH/properties/reported/?$rid=1', section(odd));
    expect(lastBody()).toContain(`"reported":{${odd},`);
    expect(await twoPackets('$iothub/twin/GET/?$rid=2', '')).toContain(`"reported":{${odd},"$version":2}`);
    core.patchTwin({ deviceId: 'raw' }, { desired: content });
    expect(String(await client.next())).toContain(`{${odd},"$version":2}`);
    client.disconnectAbruptly();
  });

  it('over AMQP are read and pushed as they were written', async () => {
    const { core } = devices;
    const certificates = await createLabCertificates();
    trustInProcess(certificates.caPem);
    const faults = { before: () => Promise.resolve(undefined) };
    const listener = await createAmqpDeviceServer({ core, faults, certificates });
    setHostMapping(core.hostName, 5671, { host: '127.0.0.1', port: listener.port });
    const key = { deviceId: 'amqp' };
    ensureIdentity(devices, key);
    core.patchReported(key, content);
    // What the SDK is about to read: its own result has numbers only.
    const parse = vi.spyOn(JSON, 'parse');
    const seen = () => parse.mock.calls.map(([text]) => text);
    const client = Client.fromConnectionString(
      `HostName=${core.hostName};DeviceId=amqp;SharedAccessKey=${devices.key(key)}`,
      Amqp,
    );
    client.setRetryPolicy(noRetry);
    await client.open();
    const twin: Twin = await client.getTwin();
    expect(seen().join('\n')).toContain(`"reported":{${odd},"$version":2}`);
    twin.on('properties.desired', () => undefined);
    // The first ones may come before the subscription.
    const push = () => {
      core.patchTwin(key, { desired: content });
      return seen().join('\n');
    };
    await expect.poll(push, eventually).toContain(`\n{${odd},"$version":`);
    parse.mockRestore();
    await client.close();
    removeHostMapping(core.hostName, 5671);
    await listener.close();
  });
});

describe('numbers in notifications and comparisons', () => {
  it('stay as they are when changes are told as one', async () => {
    const path = await aDevice('coalesced');
    const ends: (() => void)[] = [];
    const emitted: HubMessage[] = [];
    const coalescer = createTwinCoalescer({
      emit: (message) => emitted.push(message),
      freely: 0,
      timers: { after: (_ms, action) => (ends.push(action), () => undefined) },
    });
    const unsubscribe = hub.core.onMessage(coalescer.take);
    for (const text of [`{"tags":${section(odd)}}`, '{"tags":{"big":2E+20,"deep":3.0}}'])
      await hub.rest('PATCH', path, { text });
    for (const end of ends) end();
    expect(emitted.map(({ body }) => body.toString())).toEqual([
      '{"version":4,"tags":{"setPoint":21.0,"big":2E+20,"serial":5283920058631410000.0,"exp":1.0E-5,"minus":-0.0,"deep":3.0}}',
    ]);
    unsubscribe();
  });

  it.each([
    ['21.0', '21', false],
    ['1E+20', '1e+20', false],
    ['-0', '0', false],
    ['21.0', '"21.0"', false],
    ['21', '"21"', false],
    ['21.0', '{"rawJSON":"21.0"}', false],
    ['21.0', '21.0', true],
    ['1e+21', '1e+21', true],
  ])('%s and %s are equal: %s', (left, right, equal) => {
    expect(differingPaths(parseJson(left), parseJson(right))).toEqual(equal ? [] : ['']);
  });
});
