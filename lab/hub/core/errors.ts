import type { HubErrorShape } from '../../contracts.js';

/** Names and numbers of the service: "Troubleshoot Azure IoT Hub error codes" and the ErrorCode enumeration of the REST API. */
const codes = {
  GenericBadRequest: 400000,
  InvalidProtocolVersion: 400001,
  ArgumentInvalid: 400004,
  IotHubFormatError: 400006,
  DeviceDefinedMultipleTimes: 400011,
  BulkRegistryOperationFailure: 400013,
  InvalidDeviceScope: 400028,
  IotHubNotFound: 401001,
  IotHubUnauthorizedAccess: 401002,
  IotHubUnauthorized: 401003,
  SystemModuleModifyUnauthorizedAccess: 401100,
  GenericForbidden: 403000,
  IotHubQuotaExceeded: 403002,
  OperationNotAvailableInCurrentTier: 403010,
  DeviceDisabled: 403012,
  GenericNotFound: 404000,
  DeviceNotFound: 404001,
  ModuleNotFound: 404010,
  IotHubFailingOver: 404012,
  GenericMethodNotAllowed: 405000,
  GenericTimeout: 408000,
  DeviceAlreadyExists: 409001,
  ModuleAlreadyExistsOnDevice: 409301,
  PreconditionFailed: 412001,
  MessageTooLarge: 413001,
  TooManyDevices: 413002,
  TooManyModulesOnDevice: 413003,
  ThrottlingException: 429001,
  ThrottleBacklogLimitExceeded: 429002,
  ThrottlingBacklogTimeout: 429003,
  ServerError: 500001,
  /** Of the laboratory alone: an operation of the service that it lacks. */
  NotImplemented: 501000,
  GenericBadGateway: 502000,
  ServiceUnavailable: 503001,
  GatewayTimeout: 504101,
} as const;

export type HubErrorName = keyof typeof codes;

/** A refusal of the service. Its message is what the service would say: it never holds keys or twin contents. */
export class HubError extends Error implements HubErrorShape {
  /** The first three digits of the code. */
  readonly status: number;
  readonly code: number;
  readonly errorName: HubErrorName;

  constructor(errorName: HubErrorName, message: string) {
    super(message);
    this.name = 'HubError';
    this.errorName = errorName;
    this.code = codes[errorName];
    this.status = Math.floor(this.code / 1000);
  }
}

/** Throws 400004, the service's answer to everything that is wrong with an argument. */
export function refuseArgument(message: string): never {
  throw new HubError('ArgumentInvalid', message);
}
