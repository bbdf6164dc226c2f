import type { BuiltIn } from './built-in/contract.js';
import type {
  ControllableListener,
  Editions,
  HubCore,
  HubLimits,
  HubRole,
  LabOptions,
  Unsettled,
  VerifyBearer,
} from './contracts.js';
import type { Closers } from './closers.js';
import type { FaultStore } from './faults/fault-store.js';
import { openDoorBefore } from './faults/door.js';
import type { HubFailover } from './hub-failover/contract.js';
import { startHubFailover } from './hub-failover/start-hub-failover.js';
import { allHostNames } from './hub/core/host-names.js';
import { createHubCore } from './hub/core/hub-core.js';
import type { HubState } from './hub/core/hub-state.js';
import { createAmqpDeviceServer } from './hub/amqp/server.js';
import { createHubHttpListener } from './hub/https/listener.js';
import { createMqttServer } from './hub/mqtt/server.js';
import type { LabCertificates } from './net/certificates.js';
import { createTlsListener } from './net/listener.js';
import type { LabHostMappings } from './net/lab-host-mappings.js';
import { createJournal, RollBackError, type Journal } from './rollback/journal.js';
import { createSkewedClock, type SkewedClock } from './rollback/skewed-clock.js';

export interface LabHub {
  core: HubCore;
  clock: SkewedClock;
  /** Throws RollBackError. */
  rollBack(minutes: number): void;
  failover: HubFailover;
  builtIn: BuiltIn;
  /** On loopback. */
  ports: Record<keyof typeof servicePorts, number>;
}

/** IoT Hub "Choose a device communication protocol": HTTPS, MQTT and AMQP over TLS on their registered ports. */
const servicePorts = { https: 443, mqtt: 8883, amqp: 5671 } as const;

export interface LabHubOptions {
  role: HubRole;
  name: string;
  certificates: LabCertificates;
  faults: FaultStore;
  closers: Closers;
  mappings: LabHostMappings;
  /** Keeps what `rollBack` needs. */
  journal: boolean;
  limits: HubLimits;
  verifyBearer: VerifyBearer;
  unsettled?: Partial<Unsettled>;
  editions?: Editions;
  failover: Pick<LabOptions, 'hubFailover' | 'builtInPartitions' | 'failoverClock' | 'routes'>;
  log: (line: string) => void;
}

/** One hub with its servers on free loopback ports, reached in this process under its real name and ports. */
export const startLabHub = async (options: LabHubOptions): Promise<LabHub> => {
  const { role, name, certificates, faults, closers, mappings, limits, verifyBearer, log } = options;
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
    ...(options.editions && { editions: options.editions }),
    ...(watch && { watch }),
  });
  const rollBack = (minutes: number): void => {
    if (journal === undefined) throw new RollBackError('noJournal', 'the laboratory was started without `journal`');
    journal.rollBack(minutes);
  };
  const { failover, builtIn, gate } = await startHubFailover({
    core,
    certificates,
    faults,
    mappings,
    closers,
    rollBack: options.journal ? rollBack : undefined,
    options: options.failover,
    log,
  });
  const server = { core, faults: gate, certificates, log };
  const https = await openDoorBefore(
    await createTlsListener({ certificates, onRequest: createHubHttpListener(server) }),
  );
  closers.add(() => https.close());
  const open = async (plane: 'mqtt' | 'amqp', behind: ControllableListener): Promise<number> => {
    const door = await openDoorBefore(behind);
    closers.add(() => door.close());
    faults.attach(role, plane, gate.guard(door));
    return door.port;
  };
  faults.attach(role, 'https', https);
  const ports = {
    https: https.port,
    mqtt: await open('mqtt', await createMqttServer(server)),
    amqp: await open('amqp', await createAmqpDeviceServer({ ...server, redirectsTo: () => builtIn.redirectsTo() })),
  };
  mappings.set(
    role,
    allHostNames(core.hostName).flatMap((host) =>
      (['https', 'mqtt', 'amqp'] as const).map((plane) => ({
        host,
        port: servicePorts[plane],
        target: { host: '127.0.0.1', port: ports[plane] },
      })),
    ),
  );
  return { core, clock, rollBack, failover, builtIn, ports };
};
