import { randomBytes } from 'node:crypto';
import type {
  ControllableListener,
  HubCore,
  Editions,
  HubRole,
  Lab,
  LabOptions,
  StorageEndpoints,
  StoragePlane,
} from './contracts.js';
import { startAzurite } from './azurite/azurite.js';
import { createClosers, type Closers } from './closers.js';
import { startControlServer } from './control/server.js';
import { describeLab, eventHubNames } from './describe.js';
import { createEventGrid } from './event-grid/event-grid.js';
import { startNamespace } from './event-hubs/namespace.js';
import { createFaultStore } from './faults/fault-store.js';
import { limitsOf } from './hub/limits/limits-of.js';
import { resourceIdOf } from './arm/arm-hub.js';
import { startArm } from './arm/start-arm.js';
import { createAccessTokens } from './identity/access-tokens.js';
import { startIdentityEndpoint } from './identity/identity-endpoint.js';
import { createLabFolder } from './lab-folder.js';
import { startLabHub, type LabHub } from './lab-hub.js';
import { createLabCertificates } from './net/certificates.js';
import { createLabHostMappings } from './net/lab-host-mappings.js';
import { trustInProcess } from './net/trust.js';
import { provisionDevices } from './provision/provision-devices.js';
import { connectLabRoutes } from './routes/lab-routes.js';
import { webhookUrl } from './webhook-url.js';

const defaultPartitions = 4;

const storagePlanes = ({ doors }: StorageEndpoints): [StoragePlane, ControllableListener][] =>
  doors === undefined
    ? []
    : [
        ['blob', doors.blob],
        ['queue', doors.queue],
        ['table', doors.table],
      ];

/**
 * Two IoT Hubs, an Event Hubs namespace, Event Grid and storage on loopback, with state in memory. Several can run in one process.
 * Rejects when a part does not come up, after having closed what had.
 */
export const startLab = async (options: LabOptions = {}): Promise<Lab> => {
  const closers = createClosers();
  try {
    return await assemble(options, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
};

const editionsOf = ({ editions = 'standard' }: LabOptions, role: HubRole): Editions =>
  typeof editions === 'string' ? editions : (editions[role] ?? 'standard');

const assemble = async (options: LabOptions, closers: Closers): Promise<Lab> => {
  const log = options.log ?? (() => undefined);
  const labId = randomBytes(4).toString('hex');
  const certificates = await createLabCertificates();
  trustInProcess(certificates.caPem);
  const folder = createLabFolder(certificates.caPem);
  closers.add(() => folder.remove());
  const mappings = createLabHostMappings(folder.hostMapFile);
  closers.add(() => mappings.close());
  const faults = createFaultStore({ onError: (error) => log(`fault: ${String(error)}`) });
  closers.add(() => faults.close());

  const tokens = createAccessTokens();
  const identity = await startIdentityEndpoint(tokens);
  closers.add(() => identity.close());

  const namespace = await startNamespace({
    faults,
    verifyBearer: tokens.verify,
    log,
    ...(options.eventHubsPort === undefined ? {} : { port: options.eventHubsPort }),
  });
  closers.add(() => namespace.close());
  faults.attach('namespace', 'amqp', namespace);
  for (const name of Object.values(eventHubNames))
    namespace.createEventHub(name, { partitions: options.partitions ?? defaultPartitions });

  const hubOptions = {
    certificates,
    faults,
    closers,
    mappings,
    failover: options,
    log,
    journal: options.journal ?? false,
    verifyBearer: tokens.verify,
    ...(options.unsettled && { unsettled: options.unsettled }),
  };
  const primary = await startLabHub({
    ...hubOptions,
    role: 'primary',
    name: `p-${labId}`,
    editions: editionsOf(options, 'primary'),
    limits: limitsOf(options, 'primary'),
  });
  const secondary = await startLabHub({
    ...hubOptions,
    role: 'secondary',
    name: `s-${labId}`,
    editions: editionsOf(options, 'secondary'),
    limits: limitsOf(options, 'secondary'),
  });
  const hubs = [primary, secondary];
  const partitions = options.partitions ?? defaultPartitions;
  const cores = hubs.map(({ core }) => core);
  const routes = connectLabRoutes({ cores, eventHubNames, namespace, partitions, closers, options, log });

  const arm = await startArm({
    labId,
    hubs,
    certificates,
    faults,
    mappings,
    closers,
    verifyBearer: tokens.verify,
    routing: {
      namespaceUri: `${/Endpoint=([^;]+)/.exec(namespace.connectionString)?.[1]}/`,
      routesOf: (role) => routes.routesOf(role),
      endpointHealth: (role) => routes.endpointHealth(role),
    },
    log,
  });
  const storage = options.storage ?? (await startAzurite({ outages: true }));
  if (options.storage === undefined) closers.add(() => storage.close());
  for (const [plane, door] of storagePlanes(storage)) faults.attach('storage', plane, door);
  const eventGrid = createEventGrid({
    ...options.eventGrid,
    timeScale: options.eventGridTimeScale ?? 0.01,
    storageConnectionString: storage.connectionString,
    log,
  });
  closers.add(() => eventGrid.close());
  for (const { core } of hubs) eventGrid.subscribe(core);

  const of = (role: HubRole): LabHub => (role === 'primary' ? primary : secondary);
  const hub = (role: HubRole): HubCore => of(role).core;
  const lab = {
    description: describeLab({
      hubs: hubs.map(({ core, ports, failover }) => ({ core, ports, endpoint: failover.endpoint })),
      namespaceConnectionString: namespace.connectionString,
      extraEventHubs: routes.extraEventHubs,
      storageConnectionString: storage.connectionString,
      caFile: folder.caFile,
      hostMapFile: folder.hostMapFile,
      identityEnv: identity.env,
      arm,
      operatorKey: randomBytes(24).toString('base64url'),
      progressKey: randomBytes(24).toString('base64url'),
    }),
    hub,
    failover: (role) => of(role).failover,
    arm: { ...arm, resourceId: (role) => resourceIdOf(arm, hub(role).name) },
    telemetry: (role) => of(role).builtIn.telemetry,
    namespace,
    storage,
    setClockSkew: (role, skewInMs) => of(role).clock.setSkew(skewInMs),
    rollBack: (role, minutes) => of(role).rollBack(minutes),
    endpointHealth: (role) => routes.endpointHealth(role),
    setWebhook: (webhook) => eventGrid.setWebhook(webhook),
    disturbEventGrid: (change) => eventGrid.disturb(change),
    addFault: (fault) => faults.add(fault),
    removeFault: (id) => faults.remove(id),
    faultsSettled: () => faults.settled(),
    addDevices: ({ hub: role, ...request }) => provisionDevices(hub(role), request),
    close: () => closers.close(),
    [Symbol.asyncDispose]: () => closers.close(),
  } satisfies Omit<Lab, 'controlUrl'>;
  const control = await startControlServer(lab, options.port);
  closers.add(() => control.close());
  if (options.webhook !== undefined) lab.setWebhook({ url: webhookUrl(options.webhook) });
  return { ...lab, controlUrl: control.url };
};
