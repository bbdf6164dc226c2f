import type { IdentityKey, Proof, ServiceRight, VerifyBearer } from '../../contracts.js';
import { deviceEntry, findEntry } from './entries.js';
import { HubError } from './errors.js';
import { allHostNames } from './host-names.js';
import type { HubState } from './hub-state.js';
import { findPolicy, type Policies } from './policies.js';
import { isSignedWith, parseSasToken, type SasToken } from './sas-token.js';

const refuseService = (): never => {
  throw new HubError('IotHubUnauthorizedAccess', 'Unauthorized');
};
const refuseDevice = (): never => {
  throw new HubError('IotHubUnauthorized', 'Unauthorized');
};

const isExpired = (state: HubState, token: SasToken): boolean =>
  token.expiresAtInSeconds * 1000 <= state.clock.now().getTime();

/** Host names are compared without regard to case, ids with it. Any of the hub's names will do: no source says that one would not. */
function isScope(state: HubState, resource: string, path: string): boolean {
  return allHostNames(state.hostName).some((name) => {
    const host = resource.slice(0, name.length);
    return host.toLowerCase() === name.toLowerCase() && resource.slice(host.length) === path;
  });
}

/** "Control access to IoT Hub by using Microsoft Entra ID": the same for every hub. */
const HUB_AUDIENCE = 'https://iothubs.azure.net';

export interface ServiceCredentials {
  policies: Policies;
  verifyBearer: VerifyBearer;
}

/** A token of a policy, for the whole hub, or a bearer token, with every role. One answer for every failure: 401002. */
export function authorizeService(
  state: HubState,
  { policies, verifyBearer }: ServiceCredentials,
  authorization: string,
  right: ServiceRight,
): void {
  const bearer = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  if (bearer !== undefined) return verifyBearer(bearer, HUB_AUDIENCE) === undefined ? refuseService() : undefined;
  authorizePolicy(state, policies, authorization, right);
}

function authorizePolicy(state: HubState, policies: Policies, sasToken: string, right: ServiceRight): void {
  const token = parseSasToken(sasToken);
  const policy = findPolicy(policies, token?.policyName);
  if (token === undefined || policy === undefined || !policy.rights.includes(right)) return refuseService();
  if (isExpired(state, token) || !isScope(state, token.resource, '')) return refuseService();
  if (!isSignedWith(token, [policy.primaryKey, policy.secondaryKey])) return refuseService();
}

/** Who may learn where the hub's events are read: a policy with ServiceConnect, by a token for the hub or for `messages/events`. */
export function authorizeEventsReader(state: HubState, policies: Policies, name: string, sasToken: string): boolean {
  const token = parseSasToken(sasToken);
  const policy = findPolicy(policies, name);
  if (token === undefined || policy?.rights.includes('ServiceConnect') !== true || isExpired(state, token))
    return false;
  const isOfHub = isScope(state, token.resource, '') || isScope(state, token.resource, '/messages/events');
  return isOfHub && isSignedWith(token, [policy.primaryKey, policy.secondaryKey]);
}

/** The resource with the id as it is, or percent-encoded once more, as some SDKs and tools do. */
function isDeviceScope(state: HubState, token: SasToken, { deviceId, moduleId }: IdentityKey): boolean {
  const path = (encode: (id: string) => string): string =>
    `/devices/${encode(deviceId)}${moduleId === undefined ? '' : `/modules/${encode(moduleId)}`}`;
  return (
    isScope(
      state,
      token.resource,
      path((id) => id),
    ) || isScope(state, token.resource, path(encodeURIComponent))
  );
}

/** A token of the identity's own keys, or of a policy with DeviceConnect. Throws 404001, 404010, 401003, 403012. */
export function authenticateDevice(state: HubState, policies: Policies, key: IdentityKey, sasToken: string): Proof {
  const { identity } = findEntry(state.entries, key);
  const token = parseSasToken(sasToken);
  if (token === undefined || isExpired(state, token)) return refuseDevice();
  if (!isDeviceScope(state, token, key) && !(token.policyName !== undefined && isScope(state, token.resource, ''))) {
    return refuseDevice();
  }
  const policy = findPolicy(policies, token.policyName);
  if (token.policyName !== undefined && policy?.rights.includes('DeviceConnect') !== true) return refuseDevice();
  const keys = policy ?? identity.authentication.symmetricKey;
  if (!isSignedWith(token, [keys.primaryKey, keys.secondaryKey])) return refuseDevice();
  if (deviceEntry(state.entries, key.deviceId).identity.status === 'disabled') {
    throw new HubError('DeviceDisabled', 'The device is disabled');
  }
  return policy === undefined ? 'key' : 'policy';
}
