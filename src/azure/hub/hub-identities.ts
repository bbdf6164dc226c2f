import type { Registry } from 'azure-iothub/dist/registry.js';
import type { Authentication, Identity, IdentityContent, IdentityKey } from '../../hub-model.js';
import type { IdentityAnswer } from './hub-answers.js';

/** Only what belongs to the type: the service fills the rest with nulls. */
const toAuthentication = ({
  type,
  symmetricKey,
  x509Thumbprint,
}: IdentityAnswer['authentication']): Authentication => ({
  type,
  ...(type === 'sas' && symmetricKey ? { symmetricKey } : {}),
  ...(type === 'selfSigned' && x509Thumbprint ? { x509Thumbprint } : {}),
});

const keyOf = ({ deviceId, moduleId }: Pick<IdentityAnswer, 'deviceId' | 'moduleId'>): IdentityKey =>
  moduleId === undefined || moduleId === null ? { deviceId } : { deviceId, moduleId };

export const toIdentity = (answer: IdentityAnswer): Identity => {
  const { generationId, etag, managedBy, statusReason } = answer;
  const key = keyOf(answer);
  const common = { key, generationId, etag, authentication: toAuthentication(answer.authentication) };
  if (key.moduleId !== undefined) {
    return { ...common, ...(typeof managedBy === 'string' ? { managedBy } : {}) };
  }
  return {
    ...common,
    status: answer.status ?? 'enabled',
    iotEdge: answer.capabilities?.iotEdge ?? false,
    ...(typeof statusReason === 'string' ? { statusReason } : {}),
  };
};

/**
 * The request's form. Authentication always goes along: the service makes new keys for an identity that comes without, and the SDK
 * puts empty ones in. A reason that is not set is sent as null, because an absent one might leave the old one standing.
 */
export const toDeviceDescription = (content: IdentityContent, etag?: string): Registry.DeviceDescription => ({
  deviceId: content.key.deviceId,
  ...(etag === undefined ? {} : { etag }),
  status: content.status ?? 'enabled',
  statusReason: content.statusReason ?? null,
  authentication: content.authentication,
  capabilities: { iotEdge: content.iotEdge ?? false },
});

/** The SDK's own type for modules leaves out `authentication.type` and nulls, which its code passes on. */
type ModuleDescription = Parameters<Registry['addModule']>[0];
export const toModuleDescription = (content: IdentityContent, moduleId: string, etag?: string): ModuleDescription =>
  ({
    deviceId: content.key.deviceId,
    moduleId,
    ...(etag === undefined ? {} : { etag }),
    authentication: content.authentication,
    ...(content.managedBy === undefined ? {} : { managedBy: content.managedBy }),
  }) as ModuleDescription;
