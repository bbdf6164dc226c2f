import type { IdentityKey, JsonObject } from '../../hub-model.js';
import { hubAnswerError } from '../hub/hub-errors.js';
import { connectionFailed, isRefusedByHub, withDeadline } from './device-errors.js';
import { onTwinStatus, type TwinStatus } from './twin-status.js';

export interface DeviceSessionOptions {
  hostName: string;
  key: IdentityKey;
  sharedAccessKey: string;
  /** For connecting, for one write and for closing each, in milliseconds. */
  timeoutInMs: number;
}

/** A connection to a hub as one device or module. One write at a time. */
export interface DeviceSession {
  /** False after the connection is lost or its state is unknown. */
  isUsable(): boolean;
  /** The hub or the line ended it; not this process, by closing it or by giving up waiting for an answer. */
  wasBrokenOff(): boolean;
  patchReported(patch: JsonObject): Promise<void>;
  /** Never rejects: there is nothing left to do about a connection that will not end. */
  close(): Promise<void>;
}

type Done = (error?: Error) => void;
const settled = (start: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start((error) => (error ? reject(error) : resolve()));
  });

/**
 * Connects over MQTT with the identity's own key. The SDK's transport is driven without its client, which would repeat for four
 * minutes, read the whole twin first, and die of an answer that has no twin in it.
 */
export const openDeviceSession = async (options: DeviceSessionOptions): Promise<DeviceSession> => {
  const { hostName, key, sharedAccessKey, timeoutInMs } = options;
  // Loaded by those who use this strategy only. ESM sees one name of azure-iot-device, the rest is on its default export.
  const [{ default: device }, { Mqtt }] = await Promise.all([
    import('azure-iot-device'),
    import('azure-iot-device-mqtt'),
  ]);
  // Not by a connection string: ids may hold `;` and `=`.
  const provider = new device.SharedAccessKeyAuthenticationProvider({ host: hostName, ...key, sharedAccessKey });
  const transport = new Mqtt(provider);
  let usable = true;
  let brokenOff = false;
  let answered: TwinStatus | undefined;
  const lost = Promise.withResolvers<never>();
  // Whoever waits sees it through the race; between two writes nobody does.
  lost.promise.catch(() => undefined);

  onTwinStatus(transport, (status) => {
    answered = status;
  });
  const lose = (error: unknown) => {
    brokenOff ||= usable;
    usable = false;
    lost.reject(connectionFailed('the connection was lost', error));
  };
  transport.on('disconnect', lose);
  transport.on('error', lose);

  const close = async () => {
    usable = false;
    try {
      await withDeadline(
        'closing',
        timeoutInMs,
        settled((done) => transport.disconnect(done)),
      );
    } catch (error) {
      lose(error);
    } finally {
      provider.stop();
    }
  };

  const connecting = settled((done) => transport.connect(done));
  try {
    await withDeadline('connecting', timeoutInMs, connecting);
  } catch (error) {
    // The SDK ignores a disconnect while it connects, and would stay connected as the device for ever. Not awaited: it tries for a minute.
    void connecting.then(close, close);
    throw isRefusedByHub(error)
      ? connectionFailed('the hub refuses this identity', error, false)
      : connectionFailed('no connection', error);
  }

  return {
    isUsable: () => usable,
    wasBrokenOff: () => brokenOff,
    close,
    patchReported: async (patch) => {
      answered = undefined;
      const sent = settled((done) => transport.updateTwinReportedProperties(patch, done));
      let failure: unknown;
      try {
        await withDeadline('writing', timeoutInMs, Promise.race([sent, lost.promise]));
      } catch (error) {
        failure = error;
      }
      const answer = answered as TwinStatus | undefined;
      if (answer !== undefined && answer.status >= 300) {
        throw hubAnswerError('reported patch', answer);
      }
      if (failure !== undefined) {
        usable = false;
        throw connectionFailed('the write was not answered', failure);
      }
    },
  };
};
