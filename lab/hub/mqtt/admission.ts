import type { AuthenticateError, Client } from 'aedes';
import type { FaultGate, HubCore, IdentityKey, Proof } from '../../contracts.js';
import { allHostNames, sidesOf } from '../core/host-names.js';
import { serverNameOf } from '../../net/server-name.js';
import { connectErrorOfStatus, notAuthorized } from './connect-error.js';
import { isHubError } from './hub-errors.js';
import { clientCertificates } from './client-certificates.js';
import { parseConnectIdentity } from './identity.js';
import type { Session, Sessions } from './sessions.js';

export interface Credentials {
  username: string | undefined;
  password: Buffer | undefined;
}

/** Decides on a CONNECT (MQTT 3.1.1, 3.1.4) and opens the session. Resolves with what the CONNACK must say when it is refused. */
export async function admit(
  { core, faults, sessions }: { core: HubCore; faults: FaultGate; sessions: Sessions },
  client: Client,
  { username, password }: Credentials,
): Promise<AuthenticateError | undefined> {
  const instead = await faults.before(core.role, 'mqtt');
  if (instead !== undefined) return connectErrorOfStatus(instead.status);
  const throttled = await refusedByLimits(core);
  if (throttled !== undefined) return throttled;
  // It gave up while a fault or a throttle delayed it, and may have come back: a late claim would end the living connection.
  if (client.closed) return notAuthorized('closed meanwhile');
  if (!sidesOf(core, serverNameOf(client.conn)).servesDevices) return notAuthorized('serviceHostName');
  const key = parseConnectIdentity(client.id, username, allHostNames(core.hostName));
  if (key === undefined) return notAuthorized('client id and user name do not match');
  let proof: Proof;
  try {
    proof = authenticate(core, key, client, password?.toString('utf8') ?? '');
  } catch (error) {
    if (isHubError(error)) return notAuthorized(error.errorName);
    throw error;
  }
  // In the same turn as the check, so that a revocation finds the connection.
  const session = sessions.claim({ key, client, proof }, () => setConnected(core, key, false));
  client.once('connected', () => connected(core, sessions, session));
  return undefined;
}

async function refusedByLimits(core: HubCore): Promise<AuthenticateError | undefined> {
  try {
    await core.limits.admit('connections');
    return undefined;
  } catch (error) {
    if (isHubError(error)) return connectErrorOfStatus(error.status);
    throw error;
  }
}

/** "Communicate with your IoT hub using MQTT": a device with an X.509 certificate sends no password. */
function authenticate(core: HubCore, key: IdentityKey, client: Client, password: string): Proof {
  const chain = password === '' ? clientCertificates(client.conn) : [];
  return chain.length > 0 ? core.authenticateCertificate(key, chain) : core.authenticateDevice(key, password);
}

function connected(core: HubCore, sessions: Sessions, session: Session): void {
  if (sessions.find(session.key) === session) setConnected(core, session.key, true);
}

function setConnected(core: HubCore, key: IdentityKey, isConnected: boolean): void {
  try {
    core.setConnectionState(key, isConnected);
  } catch (error) {
    // The identity was deleted: that is why its connection went.
    if (!isHubError(error)) throw error;
  }
}
