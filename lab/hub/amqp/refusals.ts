import type { FaultGate, HubCore, ThrottleKind } from '../../contracts.js';
import { HubError } from '../core/errors.js';
import { isHubError, refusalOf, refusalOfStatus, type Refusal } from '../mqtt/hub-errors.js';

/** A refusal by the hub or by a fault; anything else that is thrown is a defect and goes on. */
export class DeviceRefusal extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = 'DeviceRefusal';
    this.refusal = refusal;
  }
}

export const refusalIn = (error: unknown): Refusal => {
  if (error instanceof DeviceRefusal) return error.refusal;
  if (isHubError(error)) return refusalOf(error);
  throw error;
};

/** Waits and throws as faults and throttles ask. */
export const admitted = async (core: HubCore, faults: FaultGate, kind: ThrottleKind): Promise<void> => {
  const instead = await faults.before(core.role, 'amqp');
  if (instead !== undefined) throw new DeviceRefusal(refusalOfStatus(instead.status));
  await core.limits.admit(kind);
};

/** Throws 401003 on a connection by the service's own host name. */
export const requireDeviceSide = ({ servesDevices }: { servesDevices: boolean }): void => {
  if (!servesDevices) throw new HubError('IotHubUnauthorized', 'Unauthorized');
};

/** The conditions that the device SDKs know (AMQP 1.0 part 2, 2.8.15; IoT Hub's own begin with `com.microsoft:`). */
export const conditionOf = ({ status }: Refusal): string => {
  if (status === 401 || status === 403) return 'amqp:unauthorized-access';
  if (status === 404) return 'amqp:not-found';
  if (status === 429) return 'com.microsoft:device-container-throttled';
  if (status === 400) return 'com.microsoft:argument-error';
  return 'amqp:internal-error';
};
