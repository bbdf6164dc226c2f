import { randomBytes } from 'node:crypto';
import type { HubCore, HubRole, Lab, LabOptions } from './contracts.js';
import { startAzurite } from './azurite/azurite.js';
import { createClosers, type Closers } from './closers.js';
import { startControlServer } from './control/server.js';
import { describeLab, eventHubNames } from './describe.js';
import { createEventGrid } from './event-grid/event-grid.js';
import { startNamespace } from './event-hubs/namespace.js';
import { createFaultStore } from './faults/fault-store.js';
import { createLabFolder } from './lab-folder.js';
import { servicePorts, startLabHub } from './lab-hub.js';
import { createLabCertificates } from './net/certificates.js';
import { writeHostMapFile } from './net/host-map.js';
import { trustInProcess } from './net/trust.js';
import { provisionDevices } from './provision/provision-devices.js';
import { connectRoutes } from './routes/connect-routes.js';
import { webhookUrl } from './webhook-url.js';

const defaultPartitions = 4;

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

const assemble = async (options: LabOptions, closers: Closers): Promise<Lab> => {
  const log = options.log ?? (() => undefined);
  const labId = randomBytes(4).toString('hex');
  const certificates = await createLabCertificates();
  trustInProcess(certificates.caPem);
  const folder = createLabFolder(certificates.caPem);
  closers.add(() => folder.remove());
  const faults = createFaultStore({ onError: (error) => log(`fault: ${String(error)}`) });
  closers.add(() => faults.close());

  const namespace = await startNamespace({
    faults,
    log,
    ...(options.eventHubsPort === undefined ? {} : { port: options.eventHubsPort }),
  });
  closers.add(() => namespace.close());
  faults.attach('namespace', 'amqp', namespace);
  for (const name of Object.values(eventHubNames))
    namespace.createEventHub(name, { partitions: options.partitions ?? defaultPartitions });

  const hubOptions = { certificates, faults, closers, log };
  const primary = await startLabHub({ ...hubOptions, role: 'primary', name: `p-${labId}` });
  const secondary = await startLabHub({ ...hubOptions, role: 'secondary', name: `s-${labId}` });
  const hubs = [primary, secondary];
  for (const { core } of hubs) {
    const eventHub = eventHubNames[core.role];
    const routes = connectRoutes({
      core,
      namespace,
      routes: [
        { source: 'twinChangeEvents', eventHub },
        { source: 'deviceLifecycleEvents', eventHub },
      ],
      log,
    });
    closers.add(() => routes.close());
  }
  const eventGrid = createEventGrid({ timeScale: options.eventGridTimeScale ?? 0.01, log });
  closers.add(() => eventGrid.close());
  for (const { core } of hubs) eventGrid.subscribe(core);

  writeHostMapFile(
    folder.hostMapFile,
    hubs.flatMap(({ core, httpsPort, mqttPort }) => [
      { host: core.hostName, port: servicePorts.https, target: { host: '127.0.0.1', port: httpsPort } },
      { host: core.hostName, port: servicePorts.mqtt, target: { host: '127.0.0.1', port: mqttPort } },
    ]),
  );
  const storage = options.storage ?? (await startAzurite());
  if (options.storage === undefined) closers.add(() => storage.close());

  const hub = (role: HubRole): HubCore => (role === 'primary' ? primary : secondary).core;
  const lab = {
    description: describeLab({
      hubs,
      namespaceConnectionString: namespace.connectionString,
      storageConnectionString: storage.connectionString,
      caFile: folder.caFile,
      hostMapFile: folder.hostMapFile,
      operatorKey: randomBytes(24).toString('base64url'),
    }),
    hub,
    namespace,
    storage,
    setWebhook: (webhook) => eventGrid.setWebhook(webhook),
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
