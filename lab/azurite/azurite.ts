import type { StorageEndpoints, StoragePlane } from '../contracts.js';
import { projectFile } from '../net/project-file.js';
import { forkManaged, type ChildExit, type ManagedChild } from '../processes/managed-child.js';
import { openFrontDoors, type Outage } from './front-doors.js';

const services: readonly StoragePlane[] = ['blob', 'queue', 'table'];
export type StoragePorts = Record<StoragePlane, number>;

export interface AzuriteOptions {
  /** Puts a port of ours before each of Azurite's, so that an outage can be played while the data stays. Default false: no detour. */
  outages?: boolean;
  onLine?: (line: string) => void;
}

/** Azurite in a child process: blobs, queues and tables in its memory, gone when it ends. */
export interface Azurite extends StorageEndpoints {
  /** Loopback ports, as the connection string has them. */
  readonly ports: StoragePorts;
  readonly pid: number;
  /** For noticing a crash: resolves when the child has ended, for whatever reason. */
  readonly exited: Promise<ChildExit>;
  /** Only with the option `outages`. */
  readonly outage: Outage | undefined;
}

// Public, the same in every Azurite and in Microsoft's documentation ("Use the Azurite emulator", well-known storage account and key).
const ACCOUNT = 'devstoreaccount1';
const ACCOUNT_KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

const connectionStringOf = (ports: StoragePorts): string =>
  [
    'DefaultEndpointsProtocol=http',
    `AccountName=${ACCOUNT}`,
    `AccountKey=${ACCOUNT_KEY}`,
    `BlobEndpoint=http://127.0.0.1:${ports.blob}/${ACCOUNT}`,
    `QueueEndpoint=http://127.0.0.1:${ports.queue}/${ACCOUNT}`,
    `TableEndpoint=http://127.0.0.1:${ports.table}/${ACCOUNT}`,
  ].join(';');

const args = [
  ...services.flatMap((service) => [`--${service}Port`, '0', `--${service}Host`, '127.0.0.1']),
  '--inMemoryPersistence',
  '--silent',
  // The SDKs of a given day ask for newer API versions than Azurite knows.
  '--skipApiVersionCheck',
  '--disableTelemetry',
];

/** Resolves when all three services listen. Rejects with ChildProcessError when Azurite does not come up. */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const child = forkManaged(projectFile('lab/azurite/azurite-child.cjs'), {
    args,
    ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
  });
  try {
    const ports = await listeningPorts(child);
    const doors = options.outages === true ? await openFrontDoors(ports) : undefined;
    const visible = doors?.ports ?? ports;
    return {
      ports: visible,
      pid: child.pid,
      exited: child.exited,
      connectionString: connectionStringOf(visible),
      outage: doors,
      ...(doors === undefined ? {} : { doors: doors.doors }),
      close: async () => {
        await doors?.close();
        // Azurite would wait for its clients' idle connections, and has nothing to save.
        await child.kill();
      },
    };
  } catch (error) {
    await child.kill();
    throw error;
  }
}

/** Azurite's own words: `Azurite Blob service is successfully listening at http://127.0.0.1:39591`. */
async function listeningPorts(child: ManagedChild): Promise<StoragePorts> {
  const found = await Promise.all(
    services.map(async (service) => {
      const line = await child.waitForLine(
        new RegExp(`Azurite ${service} service .*listening at http://[^:]+:(\\d+)`, 'i'),
      );
      return [service, Number(line[1])] as const;
    }),
  );
  return Object.fromEntries(found) as StoragePorts;
}
