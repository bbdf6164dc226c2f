import { EventEmitter } from 'node:events';
import { numberAt } from '../error-fields.js';

export interface TwinStatus {
  status: number;
  serviceCode?: number | undefined;
}

const parseCode = (payload: Uint8Array): number | undefined => {
  try {
    return numberAt(JSON.parse(Buffer.from(payload).toString('utf8')), 'errorCode');
  } catch {
    return undefined;
  }
};

/**
 * Tells the status of each twin answer (`$iothub/twin/res/{status}/?$rid={id}`). The SDK (1.16.4) leaves it aside: it takes a
 * refusal without a body for a success, and of one with a body keeps only the prose. Its MQTT client is a private field, pinned with the version; if
 * it were not there, every failure would count as a lost connection.
 */
export const onTwinStatus = (transport: object, listener: (status: TwinStatus) => void): void => {
  const mqtt: unknown = Reflect.get(transport, '_mqtt');
  if (mqtt instanceof EventEmitter) {
    mqtt.prependListener('message', (topic: string, payload: Uint8Array) => {
      const status = /^\$iothub\/twin\/res\/(\d{3})\//.exec(topic)?.[1];
      if (status !== undefined) {
        listener({ status: Number(status), serviceCode: parseCode(payload) });
      }
    });
  }
};
