import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import rhea, { type AmqpError, type EventContext } from 'rhea';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PolicyName } from '../../lab/contracts.js';
import { aBuiltInHub, type BuiltInHub } from './support/built-in.js';
import { read } from './support/event-hubs.js';

let hub: BuiltInHub;
beforeAll(async () => {
  hub = await aBuiltInHub();
  hub.addDevice({ deviceId: 'd1' });
});
afterAll(() => hub[Symbol.asyncDispose]());

const inAnHour = Math.floor(Date.now() / 1000) + 3600;
const keyOf = (policy: PolicyName): string =>
  hub.core.sharedAccessPolicies().find(({ name }) => name === policy)?.primaryKey ?? '';

/** "Control access to IoT Hub with shared access signatures". */
const sign = (key: string, path: string, expiry = inAnHour): string => {
  const resource = encodeURIComponent(hub.core.hostName + path);
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}`;
};

interface Ask {
  username?: string;
  password?: string;
  node?: string;
}

/** Asks the hub as the samples of the Event Hubs SDKs do; resolves with the error of link or connection. */
const ask = async (how: Ask = {}): Promise<AmqpError> => (await answerTo(how)) as AmqpError;

/** The same; undefined when the connection was cut instead. */
const answerTo = async ({ username, password, node = '/$management' }: Ask): Promise<AmqpError | undefined> => {
  const { hostName } = hub.core;
  const container = rhea.create_container();
  const answered = Promise.withResolvers<AmqpError | undefined>();
  const answer = ({ error, receiver }: EventContext): void => answered.resolve((receiver?.error ?? error) as AmqpError);
  container.on('receiver_error', answer);
  container.on('connection_error', answer);
  container.on('connection_close', answer);
  container.on('disconnected', () => answered.resolve(undefined));
  const connection = container.connect({
    transport: 'tls',
    host: hostName,
    hostname: hostName,
    servername: hostName,
    port: 5671,
    username: username ?? `service@sas.root.${hub.core.name}`,
    password: password ?? sign(keyOf('service'), '/messages/events'),
    reconnect: false,
  });
  connection.open_receiver({ source: { address: `amqps://${hostName}/messages/events${node}` } });
  try {
    return await answered.promise;
  } finally {
    connection.close();
  }
};

describe('the redirect of messages/events', () => {
  it('leads to the namespace, where the same policy and key may read', async () => {
    hub.send('d1', 1);
    const error = await ask();
    const { hostName, eventHubName } = hub.first;
    expect(error).toMatchObject({
      condition: 'amqp:link:redirect',
      info: {
        hostname: hostName,
        'network-host': hostName,
        port: 5671,
        address: `amqps://${hostName}:5671/${eventHubName}/$management`,
      },
    });
    const found = /5671\/(.*)\/\$management/i.exec(error.info.address)?.[1] ?? '';
    const connectionString = `Endpoint=sb://${error.info.hostname}/;EntityPath=${found};SharedAccessKeyName=service;SharedAccessKey=${keyOf('service')}`;
    await using reading = read(connectionString, found);
    expect((await reading.waitFor(1))[0]?.body).toMatchObject({ sequence: 1 });
  });

  it('leads other nodes to where they are', async () => {
    const { info } = await ask({ node: '/ConsumerGroups/$Default/Partitions/0' });
    expect(info.address).toMatch(/\/iothub-ehub-.*\/ConsumerGroups\/\$Default\/Partitions\/0$/);
  });

  it('takes a token for the whole hub and the policy iothubowner too', async () => {
    const password = sign(keyOf('iothubowner'), '');
    expect(await ask({ username: `iothubowner@sas.root.${hub.core.name}`, password })).toMatchObject({
      condition: 'amqp:link:redirect',
    });
  });

  it.each([
    [
      'a policy without ServiceConnect',
      () => ({ username: `device@sas.root.${hub.core.name}`, password: sign(keyOf('device'), '') }),
    ],
    ['another hub', () => ({ username: 'service@sas.root.other' })],
    ['another key', () => ({ password: sign(keyOf('device'), '') })],
    ['another resource', () => ({ password: sign(keyOf('service'), '/devices/d1') })],
    ['an expired token', () => ({ password: sign(keyOf('service'), '', 1_000) })],
  ])('refuses the login of %s', async (_, login) => {
    expect(await ask(login())).toMatchObject({ condition: 'amqp:unauthorized-access' });
  });

  it('is not there while the hub fails over, and then leads to the new namespace', async () => {
    const { hooks } = hub.builtIn;
    hooks.endpointChanged(hub.second, { consumerGroups: [], offsetsRestart: true });
    expect((await ask()).info.hostname).toBe(hub.second.hostName);
    hooks.forwardingStopped({ blackHoled: false, rollBackMinutes: 0 });
    expect(await ask()).toMatchObject({
      condition: 'amqp:not-found',
      description: expect.stringContaining('IotHubFailingOver'),
    });
    hooks.active();
    expect((await ask()).info.hostname).toBe(hub.second.hostName);
    hooks.dataFlows();
    expect((await ask()).info.hostname).toBe(hub.second.hostName);
  });

  it('is silent until data flows where devices get no answer: both come through one port', async () => {
    const { hooks } = hub.builtIn;
    hooks.endpointChanged(hub.first, { consumerGroups: [], offsetsRestart: true });
    hooks.forwardingStopped({ blackHoled: true, rollBackMinutes: 0 });
    const asked = answerTo({});
    const isSilent = () => Promise.race([asked.then(() => false), delay(200, true)]);
    expect(await isSilent()).toBe(true);
    hooks.active();
    expect(await isSilent()).toBe(true);
    hooks.dataFlows();
    // What was asked meanwhile is cut and gets no late answer.
    expect(await asked).toBeUndefined();
    expect((await ask()).info.hostname).toBe(hub.first.hostName);
  });
});
