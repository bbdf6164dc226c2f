import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { get, type RequestOptions } from 'node:https';
import { EventHubConsumerClient } from '@azure/event-hubs';
import type { Fault, Lab } from '../../lab/contracts.js';
import { createFleet } from '../../lab/fleet/fleet.js';
import { aLab, registryOf } from './a-lab.js';

let lab: Lab;
beforeAll(async () => {
  lab = await aLab();
});
afterAll(() => lab.close());

let count = 0;
let deviceId: string;
beforeEach(() => {
  count += 1;
  deviceId = lab.addDevices({ hub: 'secondary', count: 1, prefix: `pump-${count}` })[0]?.deviceId ?? '';
});

const withFault = async (fault: Fault, act: () => Promise<void>): Promise<void> => {
  const { id } = lab.addFault(fault);
  try {
    await act();
  } finally {
    lab.removeFault(id);
  }
};
const tagged = () => lab.hub('secondary').getTwin({ deviceId }).tags['n'];
const registry = () => registryOf(lab, 'secondary');

/** Without the SDK, which has no time limit: what comes back within half a second. */
const ask = (options: RequestOptions = {}): Promise<{ status?: number; type?: string; body: string; end: string }> =>
  new Promise((resolve) => {
    const { hostName } = lab.hub('secondary');
    const signal = AbortSignal.timeout(500);
    const url = `https://${hostName}/devices/${deviceId}?api-version=2021-04-12`;
    get(url, { agent: false, signal, ...options }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      const done = (end: string) =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', body, end });
      answer.on('end', () => done('end')).on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.name));
    }).on('error', (error: NodeJS.ErrnoException) => resolve({ body: '', end: error.code ?? error.name }));
  });

describe('on HTTPS', () => {
  it.each(['half', 'reset'] as const)('%s: the work is done, its answer breaks off', async (kind) => {
    await withFault({ hub: 'secondary', plane: 'https', kind }, async () => {
      await expect(registry().updateTwin(deviceId, { tags: { n: 1 } }, '*')).rejects.toMatchObject({
        code: 'ECONNRESET',
      });
      expect(tagged()).toBe(1);
      const answer = await ask();
      expect(answer).toMatchObject({ status: 401, end: 'ECONNRESET' });
      expect(answer.body).toMatch(/^\{/);
      expect(answer.body).not.toMatch(/\}$/);
    });
  });

  it('wrongType: a page of HTML with success, and nothing is done', async () => {
    await withFault({ hub: 'secondary', plane: 'https', kind: 'wrongType' }, async () => {
      expect(await ask()).toMatchObject({
        status: 200,
        type: expect.stringContaining('text/html'),
        body: expect.stringContaining('<!doctype html>'),
      });
    });
  });

  it.each([200, 204])('empty: %i without a body, and nothing is done', async (status) => {
    await withFault({ hub: 'secondary', plane: 'https', kind: 'empty', status }, async () => {
      expect(await ask()).toMatchObject({ status, body: '', end: 'end' });
    });
  });

  it('throttle: a share of the calls gets 429 without Retry-After, the others are served', async () => {
    await withFault({ hub: 'secondary', plane: 'https', kind: 'throttle', share: 0.5, seed: 3 }, async () => {
      const answers = await Promise.allSettled(Array.from({ length: 40 }, () => registry().get(deviceId)));
      const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason as object);
      expect(refused.length).toBeGreaterThan(10);
      expect(refused.length).toBeLessThan(30);
      for (const error of refused)
        expect(error).toMatchObject({ response: { statusCode: 429, headers: { connection: 'close' } } });
      for (const error of refused) expect(error).not.toHaveProperty(['response', 'headers', 'retry-after']);
    });
  });

  it('blackHole: a connection is taken and hangs; what still waits at the end is answered', async () => {
    let waiting: Promise<unknown> = Promise.resolve();
    await withFault({ hub: 'secondary', plane: 'https', kind: 'blackHole' }, async () => {
      expect(await ask()).toMatchObject({ end: 'ABORT_ERR' });
      waiting = registry().updateTwin(deviceId, { tags: { n: 2 } }, '*');
      expect(await ask()).toMatchObject({ end: 'ABORT_ERR' });
      expect(tagged()).toBeUndefined();
    });
    await waiting;
    expect(tagged()).toBe(2);
  });

  it('slow: bytes trickle', async () => {
    await withFault({ hub: 'secondary', plane: 'https', kind: 'slow', bytesPerSecond: 4000 }, async () => {
      const start = performance.now();
      await registry().get(deviceId);
      // The handshake and the request with its token are some kilobytes.
      expect(performance.now() - start).toBeGreaterThan(300);
    });
  });
});

describe('on other planes', () => {
  it.each(['blackHole', 'reset'] as const)('%s of MQTT: no device can connect meanwhile', async (kind) => {
    const { symmetricKey } = lab.hub('secondary').getIdentity({ deviceId }).authentication;
    const fleet = createFleet({
      hostName: lab.hub('secondary').hostName,
      identities: [{ deviceId, primaryKey: symmetricKey.primaryKey ?? '' }],
    });
    let connecting: Promise<unknown> = Promise.resolve();
    await withFault({ hub: 'secondary', plane: 'mqtt', kind }, async () => {
      connecting = fleet.connect();
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(fleet.counts().connected).toBe(0);
    });
    await connecting;
    expect(fleet.counts().connected).toBe(1);
    await fleet.close();
  });

  it('blackHole of the namespace: no answer as long as it lasts', async () => {
    const client = new EventHubConsumerClient('$Default', lab.description.eventHubs.connectionString, 'devicetwin');
    let answered = false;
    let asking: Promise<unknown> = Promise.resolve();
    await withFault({ hub: 'namespace', plane: 'amqp', kind: 'blackHole' }, async () => {
      asking = client.getPartitionIds().then((ids) => (answered = ids.length === 4));
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect(answered).toBe(false);
    });
    await asking;
    expect(answered).toBe(true);
    await client.close();
  });
});

describe('clock skew', () => {
  const hourInMs = 3_600_000;
  it('a hub far ahead refuses tokens as expired, and writes its own time', async () => {
    lab.setClockSkew('secondary', 3 * hourInMs);
    await expect(registry().get(deviceId)).rejects.toMatchObject({ response: { statusCode: 401 } });
    lab.hub('secondary').patchTwin({ deviceId }, { desired: { n: 1 } });
    lab.setClockSkew('secondary', 0);
    const { desired } = (await registry().getTwin(deviceId)).responseBody.properties;
    const written = Date.parse((desired['$metadata'] as unknown as { $lastUpdated: string }).$lastUpdated);
    expect(Math.abs(written - Date.now() - 3 * hourInMs)).toBeLessThan(60_000);
  });

  it('a hub behind takes tokens', async () => {
    lab.setClockSkew('secondary', -3 * hourInMs);
    expect((await registry().get(deviceId)).responseBody.deviceId).toBe(deviceId);
    lab.setClockSkew('secondary', 0);
  });
});
