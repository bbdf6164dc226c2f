import type { AuthenticateError } from 'aedes';

/** CONNACK return codes, MQTT 3.1.1 table 3.1. IoT Hub refuses every wrong credential with 5, as it does unknown and disabled identities. */
const SERVER_UNAVAILABLE = 3;
const NOT_AUTHORIZED = 5;

const connectError = (message: string, returnCode: number): AuthenticateError =>
  Object.assign(new Error(message), { returnCode });

export const notAuthorized = (message: string): AuthenticateError => connectError(message, NOT_AUTHORIZED);

/** MQTT 3.1.1 has no code for throttling: whatever may pass with time is "server unavailable", which SDKs try again. */
export const connectErrorOfStatus = (status: number): AuthenticateError =>
  connectError(`status ${status}`, status >= 500 || status === 429 ? SERVER_UNAVAILABLE : NOT_AUTHORIZED);
