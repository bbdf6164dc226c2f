import { HttpRequest, type HttpResponseInit } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { answerDeviceRoute, type DeviceRoutingOptions } from '../../../src/functions/device-routing.js';
import { firstDocument, type RoutingDocument } from '../../../src/routing/document.js';

const options = (document: RoutingDocument | undefined): DeviceRoutingOptions => ({
  hubs: {
    primary: { name: 'p', hostName: 'p.service.azure-devices.net' },
    secondary: { name: 's', hostName: 's.azure-devices.net' },
  },
  ttlInSeconds: 60,
  retryAfterInSeconds: 5,
  state: {
    lastGood: async () => document && { document, ageInMs: 1_000_000 },
    fresh: async () => undefined,
    ageInMs: () => 1_000_000,
    problem: () => undefined,
    firstRead: async () => {},
    makeFirst: async () => ({ kind: 'refused', reason: 'documentExists' }),
  },
});
const forward = firstDocument(new Date(0), { primary: 'p', secondary: 's' });
const reverse: RoutingDocument = { ...forward, epoch: 7, revision: 2, activeHub: 'secondary', direction: 'reverse' };

const ask = (deviceId: string, document: RoutingDocument | undefined, headers: Record<string, string> = {}) =>
  answerDeviceRoute(
    new HttpRequest({ method: 'GET', url: 'http://app/api/devices/x/hub', params: { deviceId }, headers }),
    options(document),
  );

const etagOf = ({ headers }: HttpResponseInit): string => new Headers(headers).get('etag') ?? '';

describe('answerDeviceRoute', () => {
  it('names the active hub with epoch, revision and time to live, however old the last good document is', async () => {
    const answer = await ask('dev-1', reverse);
    expect(answer.status).toBe(200);
    expect(answer.jsonBody).toEqual({
      deviceId: 'dev-1',
      hub: {
        name: 's',
        hostName: 's.azure-devices.net',
        hostNames: { classic: 's.azure-devices.net', device: 's.device.azure-devices.net' },
        role: 'secondary',
      },
      epoch: 7,
      revision: 2,
      ttlInSeconds: 60,
      connectAfterInMs: 0,
    });
    expect(answer.headers).toMatchObject({
      ETag: expect.stringMatching(/^"7\.2\.[\w-]{8}"$/),
      'Cache-Control': 'private, max-age=60',
      Vary: 'Accept',
    });
  });

  it('sends no device to the host name of the service, in neither form of the answer', async () => {
    expect((await ask('dev-1', forward)).jsonBody).toMatchObject({
      hub: { name: 'p', hostName: 'p.azure-devices.net' },
    });
    expect((await ask('dev-1', forward, { accept: 'text/plain' })).body).toBe('p.azure-devices.net');
  });

  it('follows the hubs that the document names, not the roles of swapped settings', async () => {
    const swapped: RoutingDocument = { ...forward, hubs: { primary: 's', secondary: 'p' } };
    expect((await ask('dev-1', swapped)).jsonBody).toMatchObject({ hub: { name: 's', role: 'primary' } });
    const older = { ...forward, hubs: undefined };
    expect((await ask('dev-1', older)).jsonBody).toMatchObject({ hub: { name: 'p', role: 'primary' } });
  });

  it('answers 503 hubsDiffer where the document names an active hub that the settings do not have', async () => {
    const exchanged: RoutingDocument = { ...forward, hubs: { primary: 'other', secondary: 's' } };
    expect(await ask('dev-1', exchanged)).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '5' },
      jsonBody: { error: { code: 'hubsDiffer' } },
    });
    const standbyExchanged: RoutingDocument = { ...forward, hubs: { primary: 'p', secondary: 'other' } };
    expect((await ask('dev-1', standbyExchanged)).status).toBe(200);
  });

  it('answers the bare host name as text for small devices', async () => {
    const answer = await ask('dev-1', forward, { accept: 'text/plain' });
    expect(answer.body).toBe('p.azure-devices.net');
    expect(answer.headers).toMatchObject({
      'Content-Type': 'text/plain; charset=utf-8',
      ETag: expect.stringMatching(/^"1\.0\..*\.t"$/),
    });
  });

  it.each([(tag: string) => tag, (tag: string) => `W/${tag}`, (tag: string) => `"1.0", ${tag}`, () => '*'])(
    'answers 304 without a body to an If-None-Match that holds its ETag (form %#)',
    async (form) => {
      const tag = etagOf(await ask('dev-1', reverse));
      const answer = await ask('dev-1', reverse, { 'if-none-match': form(tag) });
      expect(answer).toMatchObject({ status: 304, headers: { ETag: tag } });
      expect(answer.jsonBody).toBeUndefined();
    },
  );

  it('answers in full when the epoch has moved on or the other form is asked for', async () => {
    expect((await ask('dev-1', reverse, { 'if-none-match': '"6.0"' })).status).toBe(200);
    const tag = etagOf(await ask('dev-1', reverse));
    const text = await ask('dev-1', reverse, { 'if-none-match': tag, accept: 'text/plain' });
    expect(text.status).toBe(200);
  });

  it.each(['', 'a b', 'x'.repeat(129), 'a/b', 'ü', 'a\n'])(
    'refuses the malformed id %j as invalidDeviceId',
    async (id) => {
      expect(await ask(id, reverse)).toMatchObject({ status: 400, jsonBody: { error: { code: 'invalidDeviceId' } } });
    },
  );

  it('takes every character that the service allows', async () => {
    expect((await ask("a#b?c%d+e-:._*!(),=@;$'", reverse)).status).toBe(200);
  });

  it('answers 503 with Retry-After when no document was ever read', async () => {
    expect(await ask('dev-1', undefined)).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '5' },
      jsonBody: { error: { code: 'noRoutingDocument' } },
    });
  });
});
