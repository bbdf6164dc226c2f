import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterEach, describe, expect, it } from 'vitest';
import type { Lab, LabDescription } from '../../lab/contracts.js';
import { startLab } from '../../lab/start-lab.js';
import { aLab, readEvents, registryOf } from './a-lab.js';

const labs: Lab[] = [];
const servers: Server[] = [];
const opened = async (lab: Promise<Lab>): Promise<Lab> => {
  labs.push(await lab);
  return lab;
};
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
  for (const server of servers.splice(0)) server.close();
});

describe('one laboratory', () => {
  it('carries what happens on each hub into the event hub of that hub, and nowhere else', async () => {
    const lab = await opened(aLab());
    await registryOf(lab, 'primary').create({ deviceId: 'on-primary' });
    await registryOf(lab, 'primary').updateTwin('on-primary', { tags: { site: 'north' } }, '*');
    await registryOf(lab, 'secondary').create({ deviceId: 'on-secondary' });

    const primary = await readEvents(lab, 'devicetwin', 2);
    expect(primary.map(({ properties }) => [properties?.['opType'], properties?.['deviceId']])).toEqual([
      ['createDeviceIdentity', 'on-primary'],
      ['updateTwin', 'on-primary'],
    ]);
    const secondary = await readEvents(lab, 'devicetwin-secondary', 1);
    expect(secondary.map(({ properties }) => properties?.['deviceId'])).toEqual(['on-secondary']);
  });

  it('tells the lifecycle of both hubs to one webhook', async () => {
    const told = new Map<string, string>();
    const paths = new Set<string>();
    const both = Promise.withResolvers<void>();
    const server = createServer((request, response) => {
      paths.add(request.url ?? '');
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const [event] = JSON.parse(Buffer.concat(chunks).toString()) as [
          { eventType: string; data: Record<string, string> },
        ];
        const code = event.data['validationCode'];
        if (code === undefined) told.set(event.data['hubName'] ?? '', `${event.eventType} ${event.data['deviceId']}`);
        response.end(JSON.stringify(code === undefined ? {} : { validationResponse: code }));
        if (told.size === 2) both.resolve();
      });
    }).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const lab = await opened(aLab({ webhook: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
    for (const role of ['primary', 'secondary'] as const) await registryOf(lab, role).create({ deviceId: 'pump' });
    await both.promise;
    expect([...paths]).toEqual(['/runtime/webhooks/EventGrid?functionName=registrySync']);
    expect(Object.fromEntries(told)).toEqual({
      [lab.hub('primary').name]: 'Microsoft.Devices.DeviceCreated pump',
      [lab.hub('secondary').name]: 'Microsoft.Devices.DeviceCreated pump',
    });
  });

  it('is reached by any Node process that has the environment it describes', async () => {
    const lab = await opened(aLab());
    lab.addDevices({ hub: 'secondary', count: 1, prefix: 'pump' });
    const script = `
      const { Registry } = require('azure-iothub');
      Registry.fromConnectionString(process.env.SECONDARY_HUB).get('pump-0001')
        .then(({ responseBody }) => console.log('found ' + responseBody.deviceId))`;
    const { env, settings } = lab.description;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
      env: { ...process.env, ...settings, ...env },
    });
    expect(stdout).toContain('found pump-0001');
  });

  it('is described over HTTP, with every setting that the app needs', async () => {
    const lab = await opened(aLab());
    const answer = await fetch(`${lab.controlUrl}/lab`);
    const description = (await answer.json()) as LabDescription;
    expect(description).toEqual(lab.description);
    expect(Object.keys(description.settings)).toEqual([
      'AzureWebJobsStorage',
      'FUNCTIONS_WORKER_RUNTIME',
      'PRIMARY_HUB',
      'SECONDARY_HUB',
      'PRIMARY_TWIN_EVENTS',
      'PRIMARY_TWIN_EVENT_HUB',
      'SECONDARY_TWIN_EVENTS',
      'SECONDARY_TWIN_EVENT_HUB',
      'PRIMARY_HUB_RESOURCE_ID',
      'SECONDARY_HUB_RESOURCE_ID',
      'PRIMARY_HUB_EVENTS',
      'SECONDARY_HUB_EVENTS',
      'REPORTED_STRATEGY',
      'DELETE_GRACE_SECONDS',
      'OPERATOR_KEY',
      'PROGRESS_KEY',
    ]);
    expect(description.hubs.map(({ role, hostName }) => `${role} ${hostName}`)).toEqual([
      expect.stringMatching(/^primary p-[0-9a-f]{8}\.azure-devices\.net$/),
      expect.stringMatching(/^secondary s-[0-9a-f]{8}\.azure-devices\.net$/),
    ]);
  });

  it('starts storage of its own when none is given, and ends it', async () => {
    const lab = await startLab({ eventHubsPort: 0 });
    const queues = QueueServiceClient.fromConnectionString(lab.storage.connectionString, {
      retryOptions: { maxTries: 1 },
    });
    await queues.createQueue('one');
    await lab.close();
    await expect(queues.createQueue('two')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('two laboratories in one process', () => {
  it('do not meet', async () => {
    const [one, other] = [await opened(aLab()), await opened(aLab())];
    await registryOf(one, 'primary').create({ deviceId: 'pump' });
    expect((await registryOf(one, 'primary').list()).responseBody).toHaveLength(1);
    expect((await registryOf(other, 'primary').list()).responseBody).toHaveLength(0);
  });
});

describe('the end of a laboratory', () => {
  it('closes every port and leaves no file, also when asked twice', async () => {
    const lab = await aLab();
    const { caFile, hubs } = lab.description;
    const ports = hubs.flatMap(({ endpoints }) => Object.values(endpoints));
    expect(ports).toHaveLength(6);
    expect(existsSync(caFile)).toBe(true);
    await Promise.all([lab.close(), lab.close()]);
    expect(existsSync(caFile)).toBe(false);
    await expect(fetch(`${lab.controlUrl}/lab`)).rejects.toThrow('fetch failed');
    for (const port of ports)
      await expect(fetch(`https://${port}`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it('does not end storage that was given', async () => {
    let closed = false;
    const lab = await aLab({
      storage: {
        connectionString: 'UseDevelopmentStorage=true',
        close: async () => {
          closed = true;
        },
      },
    });
    await lab.close();
    expect(closed).toBe(false);
  });

  it('comes also when the start fails half way', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    servers.push(taken);
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const first = await aLab();
    const eventHubsPort = first.namespace.port;
    await first.close();
    await expect(aLab({ port, eventHubsPort })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    // The namespace came up before the control API failed: its port is free again.
    await opened(aLab({ eventHubsPort }));
  });
});
