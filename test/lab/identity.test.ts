import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { Registry } from 'azure-iothub';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Lab } from '../../lab/contracts.js';
import { createAccessTokens } from '../../lab/identity/access-tokens.js';
import { aLab } from './a-lab.js';
import { refusalOf } from './support/hub-refusals.js';
import { startHubServer } from './support/hub-server.js';

const HUBS = 'https://iothubs.azure.net';
let lab: Lab;
beforeAll(async () => {
  lab = await aLab();
  lab.hub('primary').createIdentity({ deviceId: 'd' }, {});
});
afterAll(() => lab.close());
beforeEach(() => {
  for (const [name, value] of Object.entries(lab.description.identityEnv)) vi.stubEnv(name, value);
  return () => vi.unstubAllEnvs();
});

const claimsIn = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));

describe('the managed identity', () => {
  it.each([
    ['ManagedIdentityCredential', () => new ManagedIdentityCredential()],
    ['DefaultAzureCredential', () => new DefaultAzureCredential()],
  ])('serves %s of @azure/identity, and the hub takes its token', async (_name, create) => {
    const registry = Registry.fromTokenCredential(lab.hub('primary').hostName, create());
    expect((await registry.get('d')).responseBody.deviceId).toBe('d');
    await registry.updateTwin('d', { tags: { by: _name } }, '*');
    expect(lab.hub('primary').getTwin({ deviceId: 'd' }).tags).toEqual({ by: _name });
  });

  it('gives tokens for a day, for the resource asked for, and of a user-assigned identity by its client id', async () => {
    const systemAssigned = await new ManagedIdentityCredential().getToken(`${HUBS}/.default`);
    const tenant = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
    expect(claimsIn(systemAssigned.token)).toMatchObject({
      aud: HUBS,
      tid: expect.stringMatching(new RegExp(`^${tenant}$`)),
      iss: expect.stringMatching(new RegExp(`^https://sts\\.windows\\.net/${tenant}/$`)),
    });
    expect(systemAssigned.expiresOnTimestamp - Date.now()).toBeGreaterThan(23 * 3_600_000);
    const clientId = '6f1c2f6e-0000-4000-8000-000000000001';
    const { token } = await new ManagedIdentityCredential({ clientId }).getToken(`${HUBS}/.default`);
    expect(claimsIn(token)).toMatchObject({ aud: HUBS, appid: clientId });
  });

  it.each([
    ['without the header', {}, '?api-version=2019-08-01&resource=x', 401],
    ['with a wrong header', { 'x-identity-header': 'wrong' }, '?api-version=2019-08-01&resource=x', 401],
    ['without a resource', undefined, '?api-version=2019-08-01', 400],
    ['for another version', undefined, '?api-version=2017-09-01&resource=x', 400],
  ])('refuses requests %s', async (_what, given, query, status) => {
    const { IDENTITY_ENDPOINT: endpoint = '', IDENTITY_HEADER: header = '' } = lab.description.identityEnv;
    const headers: Record<string, string> = given ?? { 'x-identity-header': header };
    const answer = await fetch(`${endpoint}${query}`, { headers });
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain('access_token');
  });

  it('stays out of the environment that everybody gets: there it would hide a sign-in of their own', () => {
    expect(Object.keys(lab.description.env)).not.toContain('IDENTITY_ENDPOINT');
    expect(Object.keys(lab.description.settings)).not.toContain('IDENTITY_ENDPOINT');
  });
});

describe('bearer tokens at a hub', () => {
  let now = new Date();
  const tokens = createAccessTokens(() => now);
  const { token } = tokens.issue(HUBS);
  const [head = '', body = '', signature = ''] = token.split('.');
  const foreign = createAccessTokens().issue(HUBS).token;
  const otherClaims = Buffer.from(JSON.stringify({ aud: HUBS, exp: 9e9 })).toString('base64url');

  it.each([
    ['of this lab, for hubs', `Bearer ${token}`, 200],
    ['with the audience written with a slash', `Bearer ${tokens.issue(`${HUBS}/`).token}`, 200],
    ['for another audience', `Bearer ${tokens.issue('https://eventhubs.azure.net').token}`, 401],
    ['of another lab', `Bearer ${foreign}`, 401],
    ['with other claims under its signature', `Bearer ${head}.${otherClaims}.${signature}`, 401],
    ['without a signature', `Bearer ${head}.${body}.`, 401],
    ['with a fourth part', `Bearer ${token}.x`, 401],
    ['that is none', 'Bearer x', 401],
    ['of nothing', 'Bearer ', 401],
  ])('%s', async (_what, authorization, status) => {
    const hub = await startHubServer({ verifyBearer: tokens.verify });
    hub.core.createIdentity({ deviceId: 'd' }, {});
    expect((await hub.rest('GET', '/devices/d', { token: authorization })).status).toBe(status);
    await hub.close();
  });

  it('are refused from the second on in which they expire', async () => {
    const hub = await startHubServer({ verifyBearer: tokens.verify });
    hub.core.createIdentity({ deviceId: 'd' }, {});
    const start = now;
    const brief = tokens.issue(HUBS, { lifetimeInSeconds: 60 });
    const ask = async (): Promise<number> =>
      (await hub.rest('GET', '/devices/d', { token: `Bearer ${brief.token}` })).status;
    now = new Date((brief.expiresAtInSeconds - 1) * 1000);
    expect(await ask()).toBe(200);
    now = new Date(brief.expiresAtInSeconds * 1000);
    expect(await ask()).toBe(401);
    now = start;
    await hub.close();
  });

  it('of another laboratory are refused as 401002', async () => {
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
    const registry = Registry.fromTokenCredential(lab.hub('primary').hostName, credential);
    expect(await refusalOf(registry.get('d'))).toMatchObject({ status: 401, errorName: 'IotHubUnauthorizedAccess' });
  });
});
