import type { HubCore, HubRole } from './contracts.js';
import type { Closers } from './closers.js';
import type { FaultStore } from './faults/fault-store.js';
import { createHubCore } from './hub/core/hub-core.js';
import { createHubHttpListener } from './hub/https/listener.js';
import { createMqttServer } from './hub/mqtt/server.js';
import type { LabCertificates } from './net/certificates.js';
import { createTlsListener } from './net/listener.js';
import { removeHostMapping, setHostMapping } from './net/host-map.js';

export interface LabHub {
  core: HubCore;
  httpsPort: number;
  mqttPort: number;
}

/** IoT Hub "Choose a device communication protocol": HTTPS and MQTT over TLS on their registered ports. */
export const servicePorts = { https: 443, mqtt: 8883 } as const;

export interface LabHubOptions {
  role: HubRole;
  name: string;
  certificates: LabCertificates;
  faults: FaultStore;
  closers: Closers;
  log: (line: string) => void;
}

/** One hub with its servers on free loopback ports, reached in this process under its real name and ports. */
export const startLabHub = async (options: LabHubOptions): Promise<LabHub> => {
  const { role, name, certificates, faults, closers, log } = options;
  const core = createHubCore({ role, hostName: `${name}.azure-devices.net` });
  const https = await createTlsListener({ certificates, onRequest: createHubHttpListener({ core, faults }) });
  closers.add(() => https.close());
  const mqtt = await createMqttServer({ core, faults, certificates, log });
  closers.add(() => mqtt.close());
  for (const [plane, listener] of [
    ['https', https],
    ['mqtt', mqtt],
  ] as const) {
    faults.attach(role, plane, listener);
    setHostMapping(core.hostName, servicePorts[plane], { host: '127.0.0.1', port: listener.port });
    closers.add(() => removeHostMapping(core.hostName, servicePorts[plane]));
  }
  return { core, httpsPort: https.port, mqttPort: mqtt.port };
};
