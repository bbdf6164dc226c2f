import { serve, type ServerType } from '@hono/node-server';
import { Hono } from 'hono';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AccessTokens } from './access-tokens.js';

interface IdentityEndpoint {
  /** IDENTITY_ENDPOINT and IDENTITY_HEADER, as App Service and Functions give them to an app. */
  readonly env: Record<'IDENTITY_ENDPOINT' | 'IDENTITY_HEADER', string>;
  close(): Promise<void>;
}

const API_VERSION = '2019-08-01';

function createIdentityApp(tokens: AccessTokens, header: string): Hono {
  const app = new Hono();
  app.get('/msi/token', (context) => {
    // The header keeps requests out that a page or a server was tricked into: it cannot be forged from outside.
    if (context.req.header('x-identity-header') !== header) return context.json({ message: 'Unauthorized' }, 401);
    const { 'api-version': version, resource, client_id: clientId } = context.req.query();
    if (version !== API_VERSION) return context.json({ message: `api-version must be ${API_VERSION}` }, 400);
    if (resource === undefined || resource === '') return context.json({ message: 'resource is missing' }, 400);
    const { token, expiresAtInSeconds } = tokens.issue(resource, clientId === undefined ? {} : { clientId });
    return context.json({
      access_token: token,
      expires_on: String(expiresAtInSeconds),
      resource,
      token_type: 'Bearer',
      ...(clientId === undefined ? {} : { client_id: clientId }),
    });
  });
  return app;
}

/** The token endpoint of a managed identity: "How to use managed identities for App Service", REST endpoint reference. Plain HTTP on loopback. */
export async function startIdentityEndpoint(tokens: AccessTokens): Promise<IdentityEndpoint> {
  const header = randomBytes(16).toString('hex');
  const server: ServerType = serve({ fetch: createIdentityApp(tokens, header).fetch, hostname: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('the identity endpoint has no TCP address');
  return {
    env: { IDENTITY_ENDPOINT: `http://127.0.0.1:${address.port}/msi/token`, IDENTITY_HEADER: header },
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
