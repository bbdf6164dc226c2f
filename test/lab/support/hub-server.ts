import { Registry } from 'azure-iothub';
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { FaultGate, HubCore, Json, PolicyName } from '../../../lab/contracts.js';
import { createHubCore, type HubCoreOptions } from '../../../lab/hub/core/hub-core.js';
import { createHubHttpListener } from '../../../lab/hub/https/listener.js';
import { createLabCertificates } from '../../../lab/net/certificates.js';
import { createTlsListener } from '../../../lab/net/listener.js';

interface RestAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Parsed JSON; `undefined` for an empty body. */
  body: unknown;
  text: string;
}
interface RestCall {
  body?: Json;
  /** Sent as it is instead of `body`. */
  text?: string;
  headers?: Record<string, string>;
  apiVersion?: string | null;
  token?: string;
}

/** A hub behind a real TLS port, and the unmodified azure-iothub that reaches it by its real name. */
export interface HubServer {
  core: HubCore;
  registry: Registry;
  registryAs: (connectionString: string) => Registry;
  /** For what azure-iothub cannot ask: replace, import modes, malformed requests. Signed as iothubowner. */
  rest: (method: string, path: string, call?: RestCall) => Promise<RestAnswer>;
  close: () => Promise<void>;
}

const noFaults: FaultGate = { before: () => Promise.resolve(undefined) };

/** A SAS token as "Control access to IoT Hub" describes it. */
export function signSas(resource: string, key: string, expiresAtInSeconds: number, policyName?: PolicyName): string {
  const sr = encodeURIComponent(resource);
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${expiresAtInSeconds}`);
  const sig = encodeURIComponent(signature.digest('base64'));
  const skn = policyName === undefined ? '' : `&skn=${policyName}`;
  return `SharedAccessSignature sr=${sr}&sig=${sig}&se=${expiresAtInSeconds}${skn}`;
}

/** The key inside a connection string. */
export const keyIn = (connectionString: string): string => connectionString.split('SharedAccessKey=')[1] ?? '';

export const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600;

interface HubServerOptions extends Pick<
  HubCoreOptions,
  'limits' | 'unsettled' | 'verifyBearer' | 'editions' | 'monotonicInMs'
> {
  hostName?: string;
  faults?: FaultGate;
}

export async function startHubServer(options: HubServerOptions = {}): Promise<HubServer> {
  const { hostName = 'p-test.azure-devices.net', faults = noFaults, ...more } = options;
  const core = createHubCore({ role: 'primary', hostName, ...more });
  const certificates = await createLabCertificates();
  const listener = await createTlsListener({ certificates, onRequest: createHubHttpListener({ core, faults }) });
  // The name stays in SNI and Host, as with the host map; only port and address are the laboratory's.
  const agent = new Agent({
    keepAlive: true,
    port: listener.port,
    ca: certificates.caPem,
    lookup: (_name, lookupOptions, done) =>
      lookupOptions.all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  });
  const registryAs = (connectionString: string): Registry => {
    const registry = Registry.fromConnectionString(connectionString);
    const inner = registry as unknown as { _restApiClient: { setOptions: (value: object) => void } };
    inner._restApiClient.setOptions({ http: { agent } });
    return registry;
  };
  const ownerToken = (): string => signSas(hostName, keyIn(core.connectionString), inAnHour(), 'iothubowner');

  const rest: HubServer['rest'] = (method, path, call = {}) =>
    new Promise((resolve, reject) => {
      const { apiVersion = '2021-04-12', token = ownerToken(), headers = {} } = call;
      const query = apiVersion === null ? '' : `${path.includes('?') ? '&' : '?'}api-version=${apiVersion}`;
      const outgoing = request(
        {
          host: hostName,
          port: listener.port,
          agent,
          method,
          path: `${path}${query}`,
          headers: { Authorization: token, 'Content-Type': 'application/json', ...headers },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (text += chunk));
          response.on('end', () => {
            const body: unknown = text === '' ? undefined : JSON.parse(text);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(call.text ?? (call.body === undefined ? undefined : JSON.stringify(call.body)));
    });

  return {
    core,
    registry: registryAs(core.connectionString),
    registryAs,
    rest,
    close: async () => {
      agent.destroy();
      await listener.close();
    },
  };
}
