import { Agent } from 'node:https';
import type { TokenCredential } from '@azure/identity';
// The package's main file shows ESM none of its names but `Client`, and loads AMQP, jobs and digital twins as well.
import * as connectionStrings from 'azure-iothub/dist/connection_string.js';
import { Registry } from 'azure-iothub/dist/registry.js';
import * as sharedAccessSignatures from 'azure-iothub/dist/shared_access_signature.js';
import type { z } from 'zod';
import { AppError } from '../../errors.js';
import { GuardedRestClient } from './rest-client.js';

export type HubConnection =
  { kind: 'connectionString'; value: string } | { kind: 'identity'; hostName: string; credential: TokenCredential };

/** One request by the SDK's Registry or by its transport; resolves with the answer's body, which has the shape that is asked for. */
export type Exchange = <T>(
  accept: z.ZodType<T>,
  signal: AbortSignal,
  operation: (registry: Registry, client: GuardedRestClient) => Promise<unknown>,
) => Promise<T>;

/** As many as may wait for an answer at once; TWIN_CONCURRENCY is 32 by default. */
const MAX_SOCKETS = 64;
/** Below the four minutes after which Azure's load balancers forget an idle connection without a word. */
const IDLE_SOCKET_TIMEOUT_IN_MS = 60_000;

const transportConfig = (connection: HubConnection) => {
  if (connection.kind === 'identity') {
    const { hostName, credential } = connection;
    // IoT Hub, "Control access by using Microsoft Entra ID": the one audience of the service APIs.
    return { host: hostName, tokenCredential: credential, tokenScope: 'https://iothubs.azure.net/.default' };
  }
  try {
    const { HostName, SharedAccessKeyName, SharedAccessKey } = connectionStrings.parse(connection.value);
    // The SDK signs again for every request; this expiry is never sent.
    const sharedAccessSignature = sharedAccessSignatures.create(HostName!, SharedAccessKeyName!, SharedAccessKey!, 1);
    return { host: HostName!, sharedAccessSignature };
  } catch {
    // The SDK's message may quote the connection string.
    throw new AppError('invalidSettings', 'hub connection: the connection string is not valid', { retryable: false });
  }
};

export const createExchange = (
  connection: HubConnection,
  callTimeoutInMs: number,
): { exchange: Exchange; close: () => void } => {
  const timeout = Math.max(callTimeoutInMs, IDLE_SOCKET_TIMEOUT_IN_MS);
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, timeout });
  const config = transportConfig(connection);
  const client = new GuardedRestClient(config, agent);
  const registry = new Registry(config, client);
  return {
    exchange: async (accept, signal, operation) => {
      let accepted: { body: unknown } | undefined;
      const onAccepted = (body: unknown) => {
        accepted = { body };
      };
      await client.expectation.run({ accept, signal, onAccepted }, () => operation(registry, client));
      // The SDK's own result objects are left aside: they are merged copies, in which nulls and some names get lost.
      return accept.parse(accepted?.body);
    },
    close: () => agent.destroy(),
  };
};
