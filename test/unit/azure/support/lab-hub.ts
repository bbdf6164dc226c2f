import { randomBytes } from 'node:crypto';
import type { ControllableListener, FaultGate, HubCore, Plane } from '../../../../lab/contracts.js';
import { createHubCore } from '../../../../lab/hub/core/hub-core.js';
import { createHubHttpListener } from '../../../../lab/hub/https/listener.js';
import { createMqttServer } from '../../../../lab/hub/mqtt/server.js';
import { createLabCertificates } from '../../../../lab/net/certificates.js';
import { removeHostMapping, setHostMapping } from '../../../../lab/net/host-map.js';
import { createTlsListener } from '../../../../lab/net/listener.js';
import { trustInProcess } from '../../../../lab/net/trust.js';

/** One of the laboratory's hubs with its HTTPS and MQTT planes, reached under its real name in this process. */
export interface LabHub {
  core: HubCore;
  https: ControllableListener;
  mqtt: ControllableListener;
  /** Runs before each request; what it resolves to is answered instead. */
  fault: (plane: Plane) => Promise<{ status: number } | undefined>;
  close(): Promise<void>;
}

export const startLabHub = async (): Promise<LabHub> => {
  const core = createHubCore({ role: 'secondary', hostName: `s-${randomBytes(4).toString('hex')}.azure-devices.net` });
  const certificates = await createLabCertificates();
  trustInProcess(certificates.caPem);
  const faults: FaultGate = { before: (_hub, plane) => hub.fault(plane) };
  const https = await createTlsListener({ certificates, onRequest: createHubHttpListener({ core, faults }) });
  const mqtt = await createMqttServer({ core, faults, certificates });
  setHostMapping(core.hostName, 443, { host: '127.0.0.1', port: https.port });
  setHostMapping(core.hostName, 8883, { host: '127.0.0.1', port: mqtt.port });
  const hub: LabHub = {
    core,
    https,
    mqtt,
    fault: () => Promise.resolve(undefined),
    close: async () => {
      removeHostMapping(core.hostName, 443);
      removeHostMapping(core.hostName, 8883);
      await https.close();
      await mqtt.close();
    },
  };
  return hub;
};
