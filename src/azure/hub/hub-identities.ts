import type { Registry } from 'azure-iothub/dist/registry.js';
import {
  scopesOf,
  type Authentication,
  type Identity,
  type IdentityContent,
  type IdentityKey,
} from '../../hub-model.js';
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

const connectionOf = ({ connectionState: state }: IdentityAnswer): Pick<Identity, 'connectionState'> =>
  state === 'Connected' || state === 'Disconnected' ? { connectionState: state } : {};

/** Undefined for the year 1, which stands for never. */
const timeOf = (text: string | null | undefined): Date | undefined => {
  const time = Date.parse(zoned(text ?? ''));
  return time > 0 ? new Date(time) : undefined;
};

export const toIdentity = (answer: IdentityAnswer): Identity => {
  const { generationId, etag, managedBy, statusReason } = answer;
  const key = keyOf(answer);
  const changedAt = timeOf(answer.connectionStateUpdatedTime);
  const activeAt = timeOf(answer.lastActivityTime);
  const common = {
    key,
    generationId,
    etag,
    authentication: toAuthentication(answer.authentication),
    ...connectionOf(answer),
    ...(changedAt && { connectionStateUpdatedTime: changedAt }),
    ...(activeAt && { lastActivityTime: activeAt }),
  };
  if (key.moduleId !== undefined) {
    return { ...common, ...(typeof managedBy === 'string' ? { managedBy } : {}) };
  }
  return {
    ...common,
    status: answer.status ?? 'enabled',
    iotEdge: answer.capabilities?.iotEdge ?? false,
    ...(typeof statusReason === 'string' ? { statusReason } : {}),
    ...scopesOf({ deviceScope: answer.deviceScope || undefined, parentScopes: answer.parentScopes ?? undefined }),
  };
};

/** The service writes this time in UTC, with and without its `Z`. */
const zoned = (time: string): string => (/(Z|[+-]\d\d:\d\d)$/.test(time) ? time : `${time}Z`);

/**
 * The request's form. Authentication always goes along: the service makes new keys for an identity that comes without, and the SDK
 * puts empty ones in. A reason that is not set is sent as null, because an absent one might leave the old one standing.
 */
export const toDeviceDescription = (content: IdentityContent): Registry.DeviceDescription => ({
  deviceId: content.key.deviceId,
  status: content.status ?? 'enabled',
  statusReason: content.statusReason ?? null,
  authentication: content.authentication,
  capabilities: { iotEdge: content.iotEdge ?? false },
  ...scopesOf(content),
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
