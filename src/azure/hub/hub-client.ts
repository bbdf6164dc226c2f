import type { Registry } from 'azure-iothub/dist/registry.js';
import type { z } from 'zod';
import type { Clock } from '../../clock.js';
import { AppError, isAppError } from '../../errors.js';
import type { Identity, IdentityKey } from '../../hub-model.js';
import type { Logger } from '../../log-events.js';
import type { RegistryHubPort } from '../../registry/ports.js';
import type { TwinHubPort } from '../../twin/ports.js';
import { systemClock } from '../system-clock.js';
import { deviceIdsAnswer, identitiesAnswer, identityAnswer, noAnswer, twinAnswer } from './hub-answers.js';
import { createHubCall } from './hub-call.js';
import { isAbout, ofItsKind, orItsDevice, type Answered } from './answer-checks.js';
import { createExchange, type HubConnection } from './hub-exchange.js';
import { toDeviceDescription, toIdentity, toModuleDescription } from './hub-identities.js';
import { toPatchBody, toTwin } from './hub-twins.js';
import { listDevices } from './list-devices.js';
import { writeDevice } from './write-device.js';

export interface HubClientOptions {
  /** For logs and messages. */
  hostName: string;
  connection: HubConnection;
  /** For one call with its repetitions, in milliseconds. */
  callTimeoutInMs: number;
  clock?: Clock;
  logger: Logger;
  /** Told of each 429 with the name of the call: `twin patch`, `twin read`, or another of identities. */
  onThrottled?: (what: string) => void;
  /** Told, with the name of the call, whether the hub's tier has twins and modules. */
  onTier?: (what: string, isSupported: boolean) => void;
}

export type HubClient = Omit<RegistryHubPort, 'patchTwin'> &
  TwinHubPort & {
    /** Some of the hub's devices, enabled or not: at most `top`, 1 to 1,000. */
    listDeviceIds(top: number): Promise<string[]>;
    /** Closes idle connections and cuts the others. */
    close(): void;
  };

/** Given an object, the SDK's promise form loses its own callback and always throws; the callback form works. */
const removeModule = (registry: Registry, module: Parameters<Registry['addModule']>[0]): Promise<void> =>
  new Promise((resolve, reject) => {
    registry.removeModule(module, (error) => (error ? reject(error) : resolve()));
  });

/**
 * Identities and twins of one hub over HTTPS. Throws invalidSettings for a connection that cannot be read.
 * A conditional write whose outcome was unknown is repeated, and may then meet its own success: it rejects with
 * preconditionFailed or alreadyExists, and the caller reads again.
 */
export const createHubClient = (options: HubClientOptions): HubClient => {
  const { hostName, connection, callTimeoutInMs, logger, clock = systemClock } = options;
  const { onThrottled, onTier } = options;
  const call = createHubCall({
    hostName,
    callTimeoutInMs,
    clock,
    logger,
    ...(onThrottled && { onThrottled }),
    ...(onTier && { onTier }),
  });
  const { exchange, close } = createExchange(connection, callTimeoutInMs);

  const ask = <T>(what: string, key: IdentityKey, accept: z.ZodType<T>, operation: Parameters<typeof exchange<T>>[2]) =>
    ofItsKind(
      key,
      call(what, (signal) => exchange(accept, signal, operation)),
    );
  const askAbout = async <T extends Answered>(...[what, key, accept, operation]: Parameters<typeof ask<T>>) =>
    isAbout(key, await ask(what, key, accept, operation));
  const orUndefined = async <T>(answer: Promise<T>): Promise<T | undefined> => {
    try {
      return await answer;
    } catch (error) {
      if (isAppError(error, 'deviceNotFound', 'moduleNotFound')) {
        return undefined;
      }
      throw error;
    }
  };
  const readIdentity = async (key: IdentityKey): Promise<Identity> => {
    const { deviceId, moduleId } = key;
    if (moduleId === undefined)
      return toIdentity(await askAbout('identity read', key, identityAnswer, (registry) => registry.get(deviceId)));
    const read = askAbout('identity read', key, identityAnswer, (registry) => registry.getModule(deviceId, moduleId));
    return toIdentity(await ofModules(deviceId, read));
  };
  const ofModules = <T>(deviceId: string, answer: Promise<T>) => orItsDevice(answer, () => readIdentity({ deviceId }));
  const readTwin = async (key: IdentityKey) => {
    const { deviceId, moduleId } = key;
    return toTwin(
      await askAbout('twin read', key, twinAnswer, (registry) =>
        moduleId === undefined ? registry.getTwin(deviceId) : registry.getModuleTwin(deviceId, moduleId),
      ),
    );
  };

  return {
    getIdentity: (key) => orUndefined(readIdentity(key)),
    getTwin: (key) => orUndefined(readTwin(key)),
    createIdentity: async (content) => {
      const { key } = content;
      const { moduleId } = key;
      const create = (operation: (registry: Registry) => Promise<unknown>) =>
        askAbout('identity create', key, identityAnswer, operation);
      if (moduleId === undefined)
        return toIdentity(await create((registry) => registry.create(toDeviceDescription(content))));
      const module = toModuleDescription(content, moduleId);
      return toIdentity(
        await ofModules(
          key.deviceId,
          create((registry) => registry.addModule(module)),
        ),
      );
    },
    updateIdentity: async (content, etag) => {
      const { key } = content;
      const { moduleId } = key;
      if (moduleId !== undefined) {
        const module = toModuleDescription(content, moduleId, etag);
        const update = askAbout('module update', key, identityAnswer, (registry) =>
          registry.updateModule(module, false),
        );
        return toIdentity(await ofModules(key.deviceId, update));
      }
      // The SDK's `update` and `delete` overwrite and remove whatever is there (If-Match: *).
      const device = toDeviceDescription(content);
      return toIdentity(
        await askAbout('device update', key, identityAnswer, (_registry, client) =>
          writeDevice(client, 'PUT', device, etag),
        ),
      );
    },
    deleteIdentity: async (key, etag) => {
      const { deviceId, moduleId } = key;
      try {
        await (moduleId === undefined
          ? ask('device delete', key, noAnswer, (_registry, client) =>
              writeDevice(client, 'DELETE', { deviceId }, etag),
            )
          : ofModules(
              deviceId,
              ask('module delete', key, noAnswer, (registry) => removeModule(registry, { deviceId, moduleId, etag })),
            ));
      } catch (error) {
        if (!isAppError(error, 'deviceNotFound', 'moduleNotFound')) {
          throw error;
        }
      }
    },
    listModules: async (deviceId) =>
      (
        await ofModules(
          deviceId,
          ask('modules list', { deviceId }, identitiesAnswer, (registry) => registry.getModulesOnDevice(deviceId)),
        )
      ).map(toIdentity),
    patchTwin: async (key, patch, etag = '*') => {
      const { deviceId, moduleId } = key;
      const body = toPatchBody(patch);
      if (Object.keys(body).length === 0) {
        throw new AppError('requestRefused', 'twin patch: it has neither tags nor desired', { retryable: false });
      }
      const answer = await askAbout('twin patch', key, twinAnswer, (registry) =>
        moduleId === undefined
          ? registry.updateTwin(deviceId, body, etag)
          : registry.updateModuleTwin(deviceId, moduleId, body, etag),
      );
      return toTwin(answer);
    },
    listDeviceIds: async (top) => {
      const list = (signal: AbortSignal) =>
        exchange(deviceIdsAnswer, signal, (_registry, client) => listDevices(client, top));
      return (await call('devices list', list)).map(({ deviceId }) => deviceId);
    },
    close,
  };
};
