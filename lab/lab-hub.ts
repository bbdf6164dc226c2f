import type { HubCore, HubLimits, HubRole, Unsettled, VerifyBearer } from './contracts.js';
import type { Closers } from './closers.js';
import type { FaultStore } from './faults/fault-store.js';
import { openDoorBefore } from './faults/door.js';
import { createHubCore } from './hub/core/hub-core.js';
import type { HubState } from './hub/core/hub-state.js';
import { createAmqpDeviceServer } from './hub/amqp/server.js';
import { createHubHttpListener } from './hub/https/listener.js';
import { createMqttServer } from './hub/mqtt/server.js';
import type { LabCertificates } from './net/certificates.js';
import { createTlsListener } from './net/listener.js';
import { removeHostMapping, setHostMapping } from './net/host-map.js';
import { createJournal, RollBackError, type Journal } from './rollback/journal.js';
import { createSkewedClock, type SkewedClock } from './rollback/skewed-clock.js';

export interface LabHub {
  core: HubCore;
  clock: SkewedClock;
  /** Throws RollBackError. */
  rollBack(minutes: number): void;
  httpsPort: number;
  mqttPort: number;
  amqpPort: number;
}

/** IoT Hub "Choose a device communication protocol": HTTPS, MQTT and AMQP over TLS on their registered ports. */
export const servicePorts = { https: 443, mqtt: 8883, amqp: 5671 } as const;

export interface LabHubOptions {
  role: HubRole;
  name: string;
  certificates: LabCertificates;
  faults: FaultStore;
  closers: Closers;
  /** Keeps what `rollBack` needs. */
  journal: boolean;
  limits: HubLimits;
  verifyBearer: VerifyBearer;
  unsettled?: Partial<Unsettled>;
  log: (line: string) => void;
}

/** One hub with its servers on free loopback ports, reached in this process under its real name and ports. */
export const startLabHub = async (options: LabHubOptions): Promise<LabHub> => {
  const { role, name, certificates, faults, closers, limits, verifyBearer, log } = options;
  const clock = createSkewedClock();
  let journal: Journal | undefined;
  const watch = options.journal ? (state: HubState) => void (journal = createJournal(state)) : undefined;
  const core = createHubCore({
    role,
    hostName: `${name}.azure-devices.net`,
    clock,
    limits,
    verifyBearer,
    ...(options.unsettled && { unsettled: options.unsettled }),
    ...(watch && { watch }),
  });
  const https = await openDoorBefore(
    await createTlsListener({ certificates, onRequest: createHubHttpListener({ core, faults }) }),
  );
  closers.add(() => https.close());
  const mqtt = await openDoorBefore(await createMqttServer({ core, faults, certificates, log }));
  closers.add(() => mqtt.close());
  const amqp = await openDoorBefore(await createAmqpDeviceServer({ core, faults, certificates, log }));
  closers.add(() => amqp.close());
  for (const [plane, listener] of [
    ['https', https],
    ['mqtt', mqtt],
    ['amqp', amqp],
  ] as const) {
    faults.attach(role, plane, listener);
    setHostMapping(core.hostName, servicePorts[plane], { host: '127.0.0.1', port: listener.port });
    closers.add(() => removeHostMapping(core.hostName, servicePorts[plane]));
  }
  const rollBack = (minutes: number): void => {
    if (journal === undefined) throw new RollBackError('noJournal', 'the laboratory was started without `journal`');
    journal.rollBack(minutes);
  };
  return { core, clock, rollBack, httpsPort: https.port, mqttPort: mqtt.port, amqpPort: amqp.port };
};
