import { randomBytes } from 'node:crypto';
import { Client, ModuleClient } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type { HubCore, IdentityKey, JsonObject } from '../../../lab/contracts.js';
import {
  createDeviceAuthority,
  createSelfSignedCertificate,
  type DeviceCertificate,
} from '../../../lab/net/device-certificates.js';
import { isModule, type Auth, type Member, type Status } from './family.js';

const newKey = (): string => randomBytes(32).toString('base64');

/** One certificate for all self-signed devices, and one authority for all others. */
export interface Certificates {
  selfSigned: DeviceCertificate;
  caPem: string;
  issue(name: string): Promise<DeviceCertificate>;
}

export const createCertificates = async (): Promise<Certificates> => {
  const [selfSigned, authority] = await Promise.all([
    createSelfSignedCertificate('self'),
    createDeviceAuthority('authority'),
  ]);
  return { selfSigned, caPem: authority.caPem, issue: (name) => authority.issue(name) };
};

export const authOf = (auth: Auth, { selfSigned }: Certificates): JsonObject => {
  if (auth === 'sas') return { type: 'sas', symmetricKey: { primaryKey: newKey(), secondaryKey: newKey() } };
  if (auth === 'certificateAuthority') return { type: 'certificateAuthority' };
  const { sha1, sha256 } = selfSigned.thumbprints;
  return { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: sha1, secondaryThumbprint: sha256 } };
};

/** The hub refuses what is not possible. Resolves false then. */
export const attempt = (work: () => unknown): boolean => {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof Error && 'errorName' in error) return false;
    throw error;
  }
};

export const find = (hub: HubCore, key: IdentityKey) => {
  let found: ReturnType<HubCore['getIdentity']> | undefined;
  attempt(() => {
    found = hub.getIdentity(key);
  });
  return found;
};

/** A leaf is made below its Edge device, where there is one. A module has neither status nor capabilities. */
export const bodyOf = (hub: HubCore, key: IdentityKey, who: Member, auth: JsonObject, status: Status): JsonObject => {
  if (isModule(who)) return { authentication: auth };
  const parent = who === 'leaf' ? find(hub, { deviceId: key.deviceId.replace(/leaf$/, 'edge') }) : undefined;
  return {
    authentication: auth,
    status,
    capabilities: { iotEdge: who === 'edge' },
    ...(parent?.deviceScope === undefined ? {} : { deviceScope: parent.deviceScope }),
  };
};

/** A whole update, as the SDKs make it of what they have read. */
export const edit = (hub: HubCore, key: IdentityKey, change: JsonObject): void => {
  const { status, authentication, capabilities, deviceScope } = hub.getIdentity(key);
  const ofDevice = { status, capabilities, ...(deviceScope === undefined ? {} : { deviceScope }) };
  hub.updateIdentity(key, { authentication, ...(key.moduleId === undefined && ofDevice), ...change }, '*');
};

export type Connection = { close(): Promise<unknown> };

/** Connects as the official SDK does, with what the hub holds now. `undefined`: it is not let in, or a module's certificate, which no SDK sends. */
export const connect = async (
  hub: HubCore,
  key: IdentityKey,
  certificates: Certificates,
): Promise<Connection | undefined> => {
  const identity = find(hub, key);
  if (identity === undefined) return undefined;
  const { type, symmetricKey } = identity.authentication;
  if (type !== 'sas' && key.moduleId !== undefined) return undefined;
  const module = key.moduleId === undefined ? '' : `;ModuleId=${key.moduleId}`;
  const secret = type === 'sas' ? `SharedAccessKey=${symmetricKey.primaryKey ?? ''}` : 'x509=true';
  const text = `HostName=${hub.hostName};DeviceId=${key.deviceId}${module};${secret}`;
  const client =
    key.moduleId === undefined
      ? Client.fromConnectionString(text, Mqtt)
      : ModuleClient.fromConnectionString(text, Mqtt);
  client.on('error', () => undefined);
  try {
    if (type !== 'sas') {
      const of = type === 'selfSigned' ? certificates.selfSigned : await certificates.issue(key.deviceId);
      await client.setOptions({ cert: of.certPem, key: of.keyPem });
    }
    await client.open();
    return client;
  } catch {
    await client.close().catch(() => undefined);
    return undefined;
  }
};
