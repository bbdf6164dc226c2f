import type { X509Certificate } from 'node:crypto';
import type { FaultGate, HubCore } from '../../contracts.js';
import type { DeviceConnection } from './connections.js';
import type { EventsRedirect } from './events-redirect.js';

/** What the links of one connection share. */
export interface DeviceScope {
  core: HubCore;
  faults: FaultGate;
  connection: DeviceConnection;
  /** What the client showed in the TLS handshake. */
  chain: readonly X509Certificate[];
  service: EventsRedirect;
  /** False on a connection by the service's own host name. */
  servesDevices: boolean;
  log: (line: string) => void;
}
