import { createHmac } from 'node:crypto';
import { Connection, type AmqpError } from 'rhea-promise';
import { z } from 'zod';
import { AppError } from '../errors.js';
import type { EventHubEndpoint } from '../consumers-document.js';
import type { RedirectPort } from '../failover/ports.js';
import { withinDeadline } from './deadline.js';
import { bareCause } from './error-fields.js';

export interface BuiltInRedirectOptions {
  /** Of the hub: `contoso.azure-devices.net`. */
  hostName: string;
  /** A policy of the hub with the right ServiceConnect. */
  key: { name: string; key: string };
}

const TOKEN_LIFE_IN_SECONDS = 300;

/** "Control access to IoT Hub with shared access signatures". */
function signToken(hostName: string, key: BuiltInRedirectOptions['key']): string {
  const resource = encodeURIComponent(`${hostName}/messages/events`);
  const expiry = Math.ceil(Date.now() / 1000) + TOKEN_LIFE_IN_SECONDS;
  const signature = createHmac('sha256', Buffer.from(key.key, 'base64'))
    .update(`${resource}\n${expiry}`)
    .digest('base64');
  const signed = encodeURIComponent(signature);
  return `SharedAccessSignature sr=${resource}&sig=${signed}&se=${expiry}&skn=${encodeURIComponent(key.name)}`;
}

/** AMQP 1.0, 2.8.18: the map of a `link:redirect`. `address` is `amqps://{host}:5671/{event hub}/$management`. */
const redirectSchema = z.object({
  condition: z.literal('amqp:link:redirect'),
  info: z.object({ hostname: z.string().min(1), address: z.string().regex(/5671\/.+\/\$management/i) }),
});

function readRedirect(error: unknown): EventHubEndpoint {
  const redirect = redirectSchema.safeParse(error);
  if (!redirect.success)
    throw new AppError('redirectRefused', 'redirect: the hub refuses the link', {
      retryable: true,
      cause: bareCause(error),
    });
  const { hostname, address } = redirect.data.info;
  const eventHubName = /5671\/(.+)\/\$management/i.exec(address)?.[1] ?? '';
  return { hostName: hostname.toLowerCase(), eventHubName };
}

/** The link is refused as it is opened, or right after; either way with the redirect. */
const askForLink = (connection: Connection, hostName: string): Promise<unknown> =>
  new Promise((resolve) => {
    connection
      .createReceiver({
        source: { address: `amqps://${hostName}/messages/events/$management` },
        onError: ({ receiver }) => resolve(receiver?.error),
        onClose: ({ receiver }) => resolve(receiver?.error),
        onMessage: () => undefined,
        onSessionError: ({ session }) => resolve(session?.error),
      })
      .catch((error: AmqpError | Error) => resolve(error));
  });

/**
 * Asks a hub's gateway for a link to `messages/events`, which it answers with the address of the built-in endpoint
 * (the service's sample "Translate IoT Hub connection string"). A connection of its own each time: a kept one would stick to the old region.
 */
export function createBuiltInRedirect({ hostName, key }: BuiltInRedirectOptions): RedirectPort {
  return {
    async read({ timeoutInMs }) {
      const connection = new Connection({
        transport: 'tls',
        host: hostName,
        hostname: hostName,
        port: 5671,
        servername: hostName,
        username: `${key.name}@sas.root.${hostName.split('.')[0]}`,
        password: signToken(hostName, key),
        reconnect: false,
      });
      const late = () =>
        new AppError('redirectTimeout', `redirect: no answer in ${timeoutInMs} ms`, { retryable: true });
      const lost = (error: unknown) =>
        new AppError('redirectUnavailable', 'redirect: no connection', { retryable: true, cause: bareCause(error) });
      const ask = async (abortSignal: AbortSignal) => {
        try {
          await connection.open({ abortSignal });
        } catch (error) {
          throw lost(error);
        }
        const disconnected = new Promise<never>((_, reject) => {
          connection.once('disconnected', ({ error }) => reject(lost(error)));
        });
        return readRedirect(await Promise.race([askForLink(connection, hostName), disconnected]));
      };
      try {
        return await withinDeadline(timeoutInMs, late, ask);
      } finally {
        end(connection);
      }
    },
  };
}

/** Not by a farewell that a gateway on its way out may never answer. */
function end(connection: Connection): void {
  connection.removeAllSessions();
  const socket: unknown = Reflect.get(Reflect.get(connection, '_connection') as object, 'socket');
  if (typeof socket === 'object' && socket !== null && 'destroy' in socket && typeof socket.destroy === 'function')
    socket.destroy();
}
