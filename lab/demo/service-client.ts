import iotHub from 'azure-iothub';
import type { IdentityKey, JsonObject } from '../contracts.js';
import type { Change } from './random-change.js';

/** The service side of one hub, with the official SDK: what a back end or the portal does. */
export interface ServiceClient {
  /** Creates a device whose keys the hub makes. */
  create(deviceId: string): Promise<void>;
  /** The device's own connection string parts; rejects when it is not there. */
  keysOf(deviceId: string): Promise<{ primaryKey: string; secondaryKey: string }>;
  patchTwin(key: IdentityKey, patch: { tags?: JsonObject; desired?: JsonObject }): Promise<void>;
  delete(deviceId: string): Promise<void>;
}

const callLimitInMs = 30_000;

/** The SDK has no timeout of its own. */
const limited = async <T>(call: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error('the hub did not answer')), callLimitInMs);
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};

export const createServiceClient = (connectionString: string): ServiceClient => {
  const registry = iotHub.Registry.fromConnectionString(connectionString);
  return {
    create: async (deviceId) => void (await limited(registry.create({ deviceId }))),
    keysOf: async (deviceId) => {
      const { responseBody } = await limited(registry.get(deviceId));
      const { primaryKey, secondaryKey } = responseBody.authentication?.symmetricKey ?? {};
      return { primaryKey: primaryKey ?? '', secondaryKey: secondaryKey ?? '' };
    },
    patchTwin: async ({ deviceId, moduleId }, { tags, desired }) => {
      const patch = {
        ...(tags === undefined ? {} : { tags }),
        ...(desired === undefined ? {} : { properties: { desired } }),
      };
      await limited(
        moduleId === undefined
          ? registry.updateTwin(deviceId, patch, '*')
          : registry.updateModuleTwin(deviceId, moduleId, patch, '*'),
      );
    },
    delete: async (deviceId) => void (await limited(registry.delete(deviceId))),
  };
};

/** Applies one change of the burst. Resolves when the hub, or for `reported` the device client, has the acknowledgement. */
export const applyChange = async (
  service: ServiceClient,
  report: (key: IdentityKey, patch: JsonObject) => Promise<void>,
  change: Change,
): Promise<void> => {
  switch (change.kind) {
    case 'twin':
      return service.patchTwin(change.key, change.patch);
    case 'reported':
      return report(change.key, change.patch);
    case 'create':
      return service.create(change.key.deviceId);
    case 'delete':
      return service.delete(change.key.deviceId);
  }
};
