import { randomUUID } from 'node:crypto';
import type { HubErrorShape } from '../../contracts.js';

/** A refusal by the core; anything else that is thrown is a defect of the laboratory and must be seen. */
export const isHubError = (error: unknown): error is HubErrorShape =>
  error instanceof Error && 'status' in error && 'code' in error && 'errorName' in error;

export interface Refusal {
  status: number;
  /** Six digits, as the service's list of error codes has them. */
  errorCode: number;
  message: string;
}

export const refusalOf = (error: HubErrorShape): Refusal => ({
  status: error.status,
  errorCode: error.code,
  message: error.message,
});

// IoT Hub, "Troubleshoot error codes": the usual code of each status that a fault can ask for.
const usualCodes = new Map([
  [400, 400004],
  [401, 401003],
  [403, 403002],
  [404, 404001],
  [412, 412001],
  [429, 429001],
  [500, 500001],
  [503, 503001],
]);

export const refusalOfStatus = (status: number): Refusal => ({
  status,
  errorCode: usualCodes.get(status) ?? status * 1000 + 1,
  message: `the laboratory was asked to answer ${status}`,
});

/** As devices get it on `$iothub/twin/res/{status}/`: seen in reports on the device SDKs (`{"errorCode":400004,"trackingId":...`). */
export const refusalBody = ({ errorCode, message }: Refusal): string =>
  JSON.stringify({ errorCode, trackingId: randomUUID(), message, timestampUtc: new Date().toISOString() });
