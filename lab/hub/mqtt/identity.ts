import type { IdentityKey } from '../../contracts.js';

/**
 * Who connects. IoT Hub, "Communicate with your IoT hub using the MQTT protocol": ClientId is `{deviceId}` or
 * `{deviceId}/{moduleId}`, Username is `{hubHostName}/{ClientId}/?api-version=...`. Both must name the same identity. Ids hold no
 * `/` but may hold `?`, so the user name is compared with what the client id demands and not taken apart.
 */
export function parseConnectIdentity(
  clientId: string,
  username: string | undefined,
  hostNames: readonly string[],
): IdentityKey | undefined {
  const [deviceId, moduleId, ...rest] = clientId.split('/');
  if (deviceId === undefined || deviceId === '' || moduleId === '' || rest.length > 0) return undefined;
  // Host names are case-insensitive (RFC 4343); ids are not. SDKs write `/?api-version`, the document once did without the slash.
  const isOf = (hostName: string): boolean => {
    const host = username?.slice(0, hostName.length);
    const path = username?.slice(hostName.length);
    const names = path === `/${clientId}` || path?.startsWith(`/${clientId}/`) === true;
    return host?.toLowerCase() === hostName.toLowerCase() && names;
  };
  if (!hostNames.some(isOf)) return undefined;
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}

/** One text per identity, the same as its MQTT client id. */
export const identityText = (key: IdentityKey): string =>
  key.moduleId === undefined ? key.deviceId : `${key.deviceId}/${key.moduleId}`;
