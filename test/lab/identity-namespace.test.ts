import { EventHubConsumerClient } from '@azure/event-hubs';
import { ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { ControllableListener, Lab } from '../../lab/contracts.js';
import { createAccessTokens } from '../../lab/identity/access-tokens.js';
import { createLabCertificates } from '../../lab/net/certificates.js';
import { removeHostMapping, setHostMapping } from '../../lab/net/host-map.js';
import { createTlsListener } from '../../lab/net/listener.js';
import { trustInProcess } from '../../lab/net/trust.js';
import { aLab } from './a-lab.js';

const host = 'lab-identity.servicebus.windows.net';
const quick = { retryOptions: { maxRetries: 0, timeoutInMs: 20_000 } };
let lab: Lab;
let door: ControllableListener;

// The namespace speaks without TLS, as an emulator; clients with an identity insist on it.
beforeAll(async () => {
  lab = await aLab({ partitions: 2 });
  const certificates = await createLabCertificates();
  trustInProcess(certificates.caPem);
  door = await createTlsListener({
    certificates,
    onConnection: (outer) => {
      const inner = connect({ host: '127.0.0.1', port: lab.namespace.port });
      inner.on('error', () => outer.destroy());
      outer.on('close', () => inner.destroy());
      outer.pipe(inner).pipe(outer);
    },
  });
  setHostMapping(host, 5671, { host: '127.0.0.1', port: door.port });
});
afterAll(async () => {
  removeHostMapping(host, 5671);
  await door.close();
  await lab.close();
});
afterEach(() => vi.unstubAllEnvs());

const propertiesWith = async (credential: TokenCredential): Promise<string[]> => {
  const client = new EventHubConsumerClient('$Default', host, 'devicetwin', credential, quick);
  try {
    return (await client.getEventHubProperties()).partitionIds;
  } finally {
    await client.close();
  }
};

it('the namespace takes the managed identity’s token for Event Hubs', async () => {
  for (const [name, value] of Object.entries(lab.description.identityEnv)) vi.stubEnv(name, value);
  expect(await propertiesWith(new ManagedIdentityCredential())).toEqual(['0', '1']);
});

it.each([
  ['of another laboratory', () => createAccessTokens().issue('https://eventhubs.azure.net/')],
  [
    'for IoT hubs',
    async () => {
      const { IDENTITY_ENDPOINT: endpoint = '', IDENTITY_HEADER: header = '' } = lab.description.identityEnv;
      const answer = await fetch(`${endpoint}?api-version=2019-08-01&resource=https://iothubs.azure.net`, {
        headers: { 'x-identity-header': header },
      });
      return { token: ((await answer.json()) as { access_token: string }).access_token };
    },
  ],
])('but none %s', async (_what, issue) => {
  const getToken = async () => ({ token: (await issue()).token, expiresOnTimestamp: Date.now() + 3_600_000 });
  await expect(propertiesWith({ getToken })).rejects.toMatchObject({ code: 'UnauthorizedError' });
});
