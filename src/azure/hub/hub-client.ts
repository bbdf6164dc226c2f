import type { Registry } from 'azure-iothub/dist/registry.js';
import type { z } from 'zod';
import type { Clock } from '../../clock.js';
import { AppError, isAppError } from '../../errors.js';
import type { IdentityKey } from '../../hub-model.js';
import type { Logger } from '../../log-events.js';
import type { RegistryHubPort } from '../../registry/ports.js';
import type { TwinHubPort } from '../../twin/ports.js';
import { systemClock } from '../system-clock.js';
import { bulkAnswer, identitiesAnswer, identityAnswer, noAnswer, twinAnswer, type BulkAnswer } from './hub-answers.js';
import { createHubCall } from './hub-call.js';
import { hubAnswerError } from './hub-errors.js';
import { createExchange, type HubConnection } from './hub-exchange.js';
import { toDeviceDescription, toIdentity, toModuleDescription } from './hub-identities.js';
import { toPatchBody, toTwin } from './hub-twins.js';
import { parseServiceCode } from './service-code.js';

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
}

export type HubClient = Omit<RegistryHubPort, 'patchTwin'> &
  TwinHubPort & {
    /** Closes idle connections and cuts the others. */
    close(): void;
  };

/** Given an object, the SDK's promise form loses its own callback and always throws; the callback form works. */
const removeModule = (registry: Registry, module: Parameters<Registry['addModule']>[0]): Promise<void> =>
  new Promise((resolve, reject) => {
    registry.removeModule(module, (error) => (error ? reject(error) : resolve()));
  });

/** One entry was sent, so at most one error can come back. */
const throwBulkError = (what: string, answer: BulkAnswer): void => {
  if (!answer.isSuccessful) {
    const serviceCode = parseServiceCode(answer.errors?.[0]?.errorCode ?? undefined);
    throw hubAnswerError(what, { status: Math.trunc((serviceCode ?? 400_000) / 1000), serviceCode });
  }
};

/**
 * Identities and twins of one hub over HTTPS. Throws invalidSettings for a connection that cannot be read.
 * A conditional write whose outcome was unknown is repeated, and may then meet its own success: it rejects with
 * preconditionFailed or alreadyExists, and the caller reads again.
 */
export const createHubClient = (options: HubClientOptions): HubClient => {
  const { hostName, connection, callTimeoutInMs, logger, clock = systemClock } = options;
  const { onThrottled } = options;
  const call = createHubCall({ hostName, callTimeoutInMs, clock, logger, ...(onThrottled && { onThrottled }) });
  const { exchange, close } = createExchange(connection, callTimeoutInMs);

  const ask = <T>(what: string, accept: z.ZodType<T>, operation: (registry: Registry) => Promise<unknown>) =>
    call(what, (signal) => exchange(accept, signal, operation));
  const askForOne = (what: string, operation: (registry: Registry) => Promise<unknown>) =>
    call(what, async (signal) => throwBulkError(what, await exchange(bulkAnswer, signal, operation)));
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
  const readIdentity = async ({ deviceId, moduleId }: IdentityKey) =>
    toIdentity(
      await ask('identity read', identityAnswer, (registry) =>
        moduleId === undefined ? registry.get(deviceId) : registry.getModule(deviceId, moduleId),
      ),
    );
  const readTwin = async ({ deviceId, moduleId }: IdentityKey) =>
    toTwin(
      await ask('twin read', twinAnswer, (registry) =>
        moduleId === undefined ? registry.getTwin(deviceId) : registry.getModuleTwin(deviceId, moduleId),
      ),
    );

  return {
    getIdentity: (key) => orUndefined(readIdentity(key)),
    getTwin: (key) => orUndefined(readTwin(key)),
    createIdentity: async (content) => {
      const { moduleId } = content.key;
      const answer = await ask('identity create', identityAnswer, (registry) =>
        moduleId === undefined
          ? registry.create(toDeviceDescription(content))
          : registry.addModule(toModuleDescription(content, moduleId)),
      );
      return toIdentity(answer);
    },
    updateIdentity: async (content, etag) => {
      const { moduleId } = content.key;
      if (moduleId !== undefined) {
        const module = toModuleDescription(content, moduleId, etag);
        return toIdentity(
          await ask('module update', identityAnswer, (registry) => registry.updateModule(module, false)),
        );
      }
      // The SDK's `update` overwrites whatever is there (If-Match: *); only the bulk operation takes the ETag.
      const device = toDeviceDescription(content, etag);
      await askForOne('device update', (registry) => registry.updateDevices([device], false));
      return readIdentity(content.key);
    },
    deleteIdentity: async ({ deviceId, moduleId }, etag) => {
      try {
        if (moduleId === undefined) {
          const device = { deviceId, etag };
          await askForOne('device delete', (registry) => registry.removeDevices([device], false));
        } else {
          await ask('module delete', noAnswer, (registry) => removeModule(registry, { deviceId, moduleId, etag }));
        }
      } catch (error) {
        if (!isAppError(error, 'deviceNotFound', 'moduleNotFound')) {
          throw error;
        }
      }
    },
    listModules: async (deviceId) =>
      (await ask('modules list', identitiesAnswer, (registry) => registry.getModulesOnDevice(deviceId))).map(
        toIdentity,
      ),
    patchTwin: async ({ deviceId, moduleId }, patch, etag = '*') => {
      const body = toPatchBody(patch);
      if (Object.keys(body).length === 0) {
        throw new AppError('requestRefused', 'twin patch: it has neither tags nor desired', { retryable: false });
      }
      const answer = await ask('twin patch', twinAnswer, (registry) =>
        moduleId === undefined
          ? registry.updateTwin(deviceId, body, etag)
          : registry.updateModuleTwin(deviceId, moduleId, body, etag),
      );
      return toTwin(answer);
    },
    close,
  };
};
