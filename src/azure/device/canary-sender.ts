import { isAppError } from '../../errors.js';
import type { CanaryPort } from '../../failover/ports.js';
import type { Identity, IdentityKey } from '../../hub-model.js';
import { connectionFailed, isRefusedByHub, withDeadline } from './device-errors.js';

export interface CanarySenderOptions {
  deviceId: string;
  /** By name. `getIdentity` reads the hub's registry, keys included. */
  hubs: Readonly<Record<string, { hostName: string; getIdentity(key: IdentityKey): Promise<Identity | undefined> }>>;
  timeoutInMs: number;
}

type Done = (error?: Error) => void;
const settled = (start: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });

/** What a consumer can tell a canary's message by. */
const CANARY_PROPERTY = 'standby-canary';

async function sendAs(
  { deviceId, timeoutInMs }: CanarySenderOptions,
  hostName: string,
  sharedAccessKey: string,
): Promise<void> {
  const [{ default: device }, { Mqtt }] = await Promise.all([
    import('azure-iot-device'),
    import('azure-iot-device-mqtt'),
  ]);
  const provider = new device.SharedAccessKeyAuthenticationProvider({ host: hostName, deviceId, sharedAccessKey });
  const transport = new Mqtt(provider);
  const lost = new Promise<never>((_, reject) => {
    transport.on('disconnect', (error: unknown) => reject(connectionFailed('the canary lost its connection', error)));
    transport.on('error', (error: unknown) => reject(connectionFailed('the canary lost its connection', error)));
  });
  lost.catch(() => undefined);
  const step = (what: string, start: (done: Done) => void) =>
    withDeadline(what, timeoutInMs, Promise.race([settled(start), lost]));
  try {
    await step('canary connecting', (done) => transport.connect(done));
    const message = new device.Message(JSON.stringify({ canary: true }));
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.properties.add(CANARY_PROPERTY, '1');
    await step('canary sending', (done) => transport.sendEvent(message, done));
  } catch (error) {
    throw isRefusedByHub(error)
      ? connectionFailed('the hub refuses the canary', error, false)
      : connectionFailed('the canary message was not accepted', error);
  } finally {
    provider.stop();
    transport.disconnect(() => undefined);
  }
}

/** One connection for one message. The key is remembered: the registry may not answer just when the canary matters. */
export function createCanarySender(options: CanarySenderOptions): CanaryPort {
  const keys = new Map<string, string>();

  async function keyFor(hub: string): Promise<string> {
    const known = keys.get(hub);
    if (known !== undefined) return known;
    const identity = await options.hubs[hub]?.getIdentity({ deviceId: options.deviceId });
    const key = identity?.authentication.symmetricKey?.primaryKey;
    if (!key) throw connectionFailed('the canary device is not there or has no symmetric key', undefined, false);
    keys.set(hub, key);
    return key;
  }

  return {
    async send(hub) {
      const hostName = options.hubs[hub]?.hostName;
      if (hostName === undefined) throw connectionFailed('no such hub', undefined, false);
      try {
        await sendAs(options, hostName, await keyFor(hub));
      } catch (error) {
        // It may have been renewed.
        if (isAppError(error, 'deviceConnectionFailed') && !error.retryable) keys.delete(hub);
        throw error;
      }
    },
  };
}
