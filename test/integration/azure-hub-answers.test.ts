import { inspect } from 'node:util';
import type { TokenCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createHubClient, type HubClient } from '../../src/azure/hub/hub-client.js';
import { json, raw, refusal, startEvilHub, type Answer, type EvilHub } from '../unit/azure/support/evil-hub.js';
import {
  aDevice,
  aTwin,
  content,
  halfABody,
  never,
  operations,
  reasonOf,
  watchedClient,
  type WatchedClient,
} from '../unit/azure/support/hub-samples.js';

let hub: EvilHub;
let client: HubClient;
let events: WatchedClient['events'];
let sleeps: number[];
const logger = { event: () => undefined };
const uncaught: unknown[] = [];
const noteUncaught = (error: unknown) => uncaught.push(error);

beforeAll(async () => {
  process.on('uncaughtException', noteUncaught);
  hub = await startEvilHub();
});
afterAll(async () => {
  await hub.close();
  process.off('uncaughtException', noteUncaught);
});
beforeEach(() => {
  ({ client, events, sleeps } = watchedClient(hub));
});
afterEach(() => client.close());

describe('answers that the service never promised', () => {
  const badBodies: [string, Answer][] = [
    ['an empty body', raw(200, '')],
    ['204', raw(204, '', {})],
    ['null', raw(200, 'null')],
    ['an array of nothing known', raw(200, '[null]')],
    ['a text', raw(200, '"d"')],
    ['an object without its fields', raw(200, '{"SECRET":"SECRET-TEXT"}')],
    ['another content type', raw(200, JSON.stringify(aDevice), { 'content-type': 'text/html' })],
    ['JSON that breaks off', raw(200, '{"SECRET-TEXT')],
    ['a redirect', raw(302, '', { location: 'https://elsewhere.example' })],
  ];
  it.each(badBodies)('%s: hubBadAnswer from every operation', async (_name, answer) => {
    hub.answer(answer);
    for (const [name, operation] of Object.entries(operations)) {
      const error = await reasonOf(operation(client));
      expect({ name, error }).toMatchObject({ error: { code: 'hubBadAnswer', retryable: true } });
      expect(inspect(error, { depth: 9 })).not.toContain('SECRET');
    }
    expect(uncaught).toEqual([]);
  });

  it('half a body: hubUnreachable after four attempts', async () => {
    hub.answer(halfABody);
    expect(await reasonOf(client.getTwin({ deviceId: 'd' }))).toMatchObject({
      code: 'hubUnreachable',
      retryable: true,
    });
    expect(hub.requests).toHaveLength(4);
  });

  it('characters that lie across two chunks stay whole', async () => {
    const text = 'é€😀'.repeat(40_000);
    const bytes = Buffer.from(JSON.stringify({ ...aTwin, tags: { text } }));
    hub.answer((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(bytes.subarray(0, 101), () =>
        response.write(bytes.subarray(101, 202), () => response.end(bytes.subarray(202))),
      );
    });
    expect((await client.getTwin({ deviceId: 'd' }))?.tags).toEqual({ text });
  });
});

describe('a hub that never answers', () => {
  it('ends with hubTimeout at the deadline, and its socket is closed', async () => {
    client.close();
    ({ client } = watchedClient(hub, 300));
    hub.answer(never);
    const startedAt = performance.now();
    expect(await reasonOf(client.getTwin({ deviceId: 'd' }))).toMatchObject({ code: 'hubTimeout', retryable: true });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    expect(hub.requests).toHaveLength(1);
    await expect.poll(() => hub.openSockets(), { timeout: 10_000 }).toBe(0);
  });

  it('ends with hubTimeout while a token is awaited for ever, and nothing is sent', async () => {
    const credential: TokenCredential = { getToken: () => new Promise(() => undefined) };
    const connection = { kind: 'identity' as const, hostName: hub.hostName, credential };
    const waiting = createHubClient({ hostName: hub.hostName, connection, callTimeoutInMs: 200, logger });
    hub.answer(json(200, aTwin));
    expect(await reasonOf(waiting.getTwin({ deviceId: 'd' }))).toMatchObject({ code: 'hubTimeout' });
    expect(hub.requests).toHaveLength(0);
    waiting.close();
  });

  it('that cannot be connected to: hubUnreachable', async () => {
    await hub.listener.stop();
    expect(await reasonOf(client.getTwin({ deviceId: 'd' }))).toMatchObject({ code: 'hubUnreachable' });
    await hub.listener.resume();
    hub.answer(json(200, aTwin));
    expect(await client.getTwin({ deviceId: 'd' })).toMatchObject({ version: 2 });
  });
});

describe('repetition', () => {
  it('waits what the service asks, then succeeds', async () => {
    hub.answer(refusal(429, 'ThrottlingException', { 'retry-after': '2' }), json(503, {}), json(200, aTwin));
    expect(await client.getTwin({ deviceId: 'd' })).toMatchObject({ etag: 'AAE=' });
    expect(hub.requests).toHaveLength(3);
    expect(sleeps[0]).toBe(2_000);
    expect(sleeps[1]).toBeLessThanOrEqual(400);
    expect(events.map(({ id, fields }) => [id, fields?.['code'], fields?.['serviceCode']])).toEqual([
      ['hub.retry', 'hubThrottled', 429001],
      ['hub.retry', 'hubUnavailable', 503],
    ]);
  });

  it('ends after four attempts', async () => {
    hub.answer(json(500, { Message: 'SECRET-TEXT' }));
    const error = await reasonOf(client.getIdentity({ deviceId: 'd' }));
    expect(error).toMatchObject({ code: 'hubUnavailable', retryable: true, serviceCode: 500 });
    expect(hub.requests).toHaveLength(4);
    expect(inspect(error, { depth: 9 })).not.toMatch(/SECRET|SharedAccess/);
  });

  it.each(['60', new Date(Date.now() + 3_600_000).toUTCString()])(
    'leaves a long wait (%s) to the caller',
    async (value) => {
      hub.answer(refusal(429, 'ThrottlingException', { 'retry-after': value }));
      const error = await reasonOf(client.getTwin({ deviceId: 'd' }));
      expect(error).toMatchObject({
        code: 'hubThrottled',
        retryable: true,
        retryAfterInMs: value === '60' ? 60_000 : 300_000,
      });
      expect(hub.requests).toHaveLength(1);
    },
  );

  it('says alreadyExists when a create meets its own success', async () => {
    hub.answer(halfABody, refusal(409, 'DeviceAlreadyExists'));
    expect(await reasonOf(client.createIdentity(content))).toMatchObject({ code: 'alreadyExists', retryable: true });
    expect(hub.requests).toHaveLength(2);
  });
});
