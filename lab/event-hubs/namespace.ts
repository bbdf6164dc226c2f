import { randomBytes } from 'node:crypto';
import type { EventHubsNamespace, FaultGate, VerifyBearer } from '../contracts.js';
import { openDoorBefore, type Door } from '../faults/door.js';
import { createTcpListener } from '../net/listener.js';
import { createAmqpServer } from './amqp-server.js';
import { encodeHubMessage } from './message-codec.js';
import { createNamespaceStore } from './namespace-store.js';
import { createReaderRegistry } from './reader-registry.js';

/** The port that Event Hubs clients (also the .NET ones) take for granted in emulator form. */
const defaultPort = 5672;

export interface NamespaceOptions {
  /** 0: a free one; undefined: 5672 when it is free, else a free one. A given one that is taken rejects with EADDRINUSE. */
  port?: number;
  faults: FaultGate;
  /** Default: no token of Microsoft Entra is taken. */
  verifyBearer?: VerifyBearer;
  /** Events kept per partition before the oldest go. Default 50,000. */
  retentionCount?: number;
  /** Milliseconds since 1970: enqueued times and the expiry of tokens. */
  now?: () => number;
  log?: (line: string) => void;
}

export interface StartedNamespace extends EventHubsNamespace {
  /** True when 5672 was taken and a free port is used instead. */
  readonly portTaken: boolean;
}

const isPortTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

const listen = async (
  accept: Parameters<typeof createTcpListener>[0],
  port: number | undefined,
): Promise<{ listener: Door; portTaken: boolean }> => {
  const open = async (at: number): Promise<Door> => openDoorBefore(await createTcpListener(accept), { port: at });
  try {
    return { listener: await open(port ?? defaultPort), portTaken: false };
  } catch (error) {
    if (port !== undefined || !isPortTaken(error)) throw error;
    return { listener: await open(0), portTaken: true };
  }
};

/** An Event Hubs namespace in emulator form: AMQP over plain TCP on loopback, events in memory. */
export const startNamespace = async (options: NamespaceOptions): Promise<StartedNamespace> => {
  const { faults, verifyBearer, now = Date.now, log = () => undefined, retentionCount } = options;
  const policy = { name: 'RootManageSharedAccessKey', key: randomBytes(32).toString('base64') };
  const store = createNamespaceStore();
  const server = createAmqpServer({
    store,
    readers: createReaderRegistry(),
    policies: [policy],
    plane: { hub: 'namespace', plane: 'amqp' },
    verifyBearer,
    faults,
    now,
    log,
  });
  const { listener, portTaken } = await listen((socket) => server.accept(socket), options.port);
  if (portTaken) log(`event hubs: port ${defaultPort} is taken, listening on ${listener.port}`);

  const resumed = new Set<() => void>();
  let running = true;
  return {
    port: listener.port,
    portTaken,
    connectionString:
      `Endpoint=sb://127.0.0.1:${listener.port};SharedAccessKeyName=${policy.name};` +
      `SharedAccessKey=${policy.key};UseDevelopmentEmulator=true`,
    createEventHub: (name, hub) =>
      void store.create(name, { ...hub, now, ...(retentionCount === undefined ? {} : { retentionCount }) }),
    append: (eventHub, partitionKey, message) => {
      const partition = store.eventHub(eventHub).partitionForKey(partitionKey);
      const { sequenceNumber } = partition.append((position) => encodeHubMessage(message, partitionKey, position));
      return { partitionId: partition.partitionId, sequenceNumber };
    },
    partitions: (eventHub) =>
      store.eventHub(eventHub).partitions.map(({ partitionId, nextSequenceNumber, length }) => ({
        partitionId,
        lastSequenceNumber: nextSequenceNumber - 1,
        length,
      })),
    get running() {
      return running;
    },
    onResume: (notify) => {
      resumed.add(notify);
      return () => resumed.delete(notify);
    },
    stop: () => {
      running = false;
      return listener.stop();
    },
    resume: async () => {
      await listener.resume();
      running = true;
      for (const notify of resumed) notify();
    },
    setRefusing: (refusing) => listener.setRefusing(refusing),
    setShape: (shape) => listener.setShape(shape),
    close: () => {
      running = false;
      return listener.close();
    },
  };
};
