import { setTimeout as sleep } from 'node:timers/promises';
import { BlobServiceClient } from '@azure/storage-blob';
import { expect, vi } from 'vitest';
import type { HealthReport } from '../../../src/health/report.js';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import type { Lab, LabOptions } from '../../../lab/contracts.js';
import { allDifferences } from '../../../lab/demo/snapshots.js';
import type { Host } from '../../../lab/host/start-host.js';
import { startHostProcess, type HostProcess } from '../../../lab/host/process.js';
import { startLab } from '../../../lab/start-lab.js';
import { hostApp } from './host-app.js';

/** Generous on purpose: a bound is there to end a test that hangs, not to measure. */
export const boundInMs = 120_000;

/** Only tests of ARM need it, and its tokens are one laboratory's for the life of the process. */
const unwatched = {
  PRIMARY_HUB_RESOURCE_ID: '',
  SECONDARY_HUB_RESOURCE_ID: '',
  PRIMARY_HUB_EVENTS: '',
  SECONDARY_HUB_EVENTS: '',
};

/** Short times, so that a test sees what in production takes minutes. */
const quick = {
  STATE_REFRESH_MS: '200',
  STATE_MAX_AGE_MS: '2000',
  HUB_CALL_TIMEOUT_MS: '5000',
  REPAIR_PER_MINUTE: '6000',
};

export interface Rig extends AsyncDisposable {
  readonly lab: Lab;
  readonly storage: Azurite;
  /** The app's host; `restart` replaces it. */
  readonly host: Pick<Host, 'url' | 'functionKey' | 'systemKey'>;
  readonly log: string[];
  health(): Promise<HealthReport>;
  /** Waits until the app has read everything, queues are empty and both hubs are equal. */
  untilEqual(): Promise<void>;
  /** Waits until the app has read every event. */
  untilRead(): Promise<void>;
}

interface RigOptions {
  settings?: Record<string, string> | ((lab: Lab) => Record<string, string>);
  /** Event Grid delivers to the app. Default true. */
  eventGrid?: boolean;
  lab?: LabOptions;
  /** What is on the hubs before the app's first start. */
  prepare?: (lab: Lab) => void | Promise<void>;
  /** The app reads this event hub in place of the one that the primary's route fills: for tests which deliver themselves. */
  primaryEvents?: string;
}

export const webhookOf = (host: Pick<Host, 'url' | 'systemKey'>): string =>
  `${host.url}/runtime/webhooks/EventGrid?functionName=registrySync&code=${encodeURIComponent(host.systemKey)}`;

export const settingsOf = (lab: Lab, more: Record<string, string> = {}): Record<string, string> => ({
  ...lab.description.settings,
  ...quick,
  ...more,
});

/** The app in this process, in the stand-in host, on a laboratory of its own. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const log: string[] = [];
  const storage = await startAzurite({ outages: true });
  const lab = await startLab({ eventHubsPort: 0, storage, log: (line) => void log.push(line), ...options.lab });
  const { primaryEvents } = options;
  if (primaryEvents !== undefined) lab.namespace.createEventHub(primaryEvents, { partitions: 4 });
  const settings = settingsOf(lab, {
    ...unwatched,
    ...(typeof options.settings === 'function' ? options.settings(lab) : options.settings),
    ...(primaryEvents === undefined ? {} : { PRIMARY_TWIN_EVENT_HUB: primaryEvents }),
  });
  await options.prepare?.(lab);
  const { host, close } = await hostApp(settings, log);
  if (options.eventGrid !== false) lab.setWebhook({ url: webhookOf(host) });
  const health = () => healthOf(host, settings);
  // The first routing document is made here, before a test puts anything on the standby.
  await health();
  return {
    lab,
    storage,
    host,
    log,
    health,
    untilEqual: () => untilEqual(lab, health, primaryEvents),
    untilRead: () =>
      vi.waitFor(async () => expect(await countUnread(lab, primaryEvents ?? 'devicetwin')).toBe(0), {
        timeout: boundInMs,
        interval: 100,
      }),
    async [Symbol.asyncDispose]() {
      await host.close();
      await close();
      await lab.close();
      await storage.close();
    },
  };
}

/** The app in a child process, which can be killed. */
export function startChild(
  lab: Lab,
  more: Record<string, string> = {},
  same?: HostProcess,
  onLine?: (line: string) => void,
): Promise<HostProcess> {
  return startHostProcess({
    ...(onLine && { onLine }),
    settings: settingsOf(lab, more),
    env: { ...process.env, ...lab.description.env },
    // A message that a killed host had taken stays invisible for its lease: 10 minutes in the real one.
    tuning: { queueLeaseInMs: 5000 },
    ...(same && { port: same.port, keys: { functionKey: same.functionKey, systemKey: same.systemKey } }),
  });
}

export async function healthOf(host: Pick<Host, 'url'>, settings: Record<string, string>): Promise<HealthReport> {
  const answer = await fetch(`${host.url}/api/health`, {
    headers: { 'x-functions-key': settings['OPERATOR_KEY'] ?? '' },
  });
  expect(answer.headers.get('content-type')).toContain('json');
  return (await answer.json()) as HealthReport;
}

/** How many events of each partition lie behind its checkpoint. */
export async function countUnread(lab: Lab, primaryEvents: string): Promise<number> {
  const container = BlobServiceClient.fromConnectionString(lab.storage.connectionString).getContainerClient(
    'azure-webjobs-eventhub',
  );
  const read = new Map<string, number>();
  for await (const blob of container.listBlobsFlat({ includeMetadata: true })) {
    const place = /\/([^/]+)\/[^/]+\/checkpoint\/(\d+)$/.exec(blob.name);
    if (place) read.set(`${place[1]}/${place[2]}`, Number(blob.metadata?.['sequencenumber'] ?? -1));
  }
  const left = (name: string) =>
    lab.namespace.partitions(name).reduce((sum, { partitionId, lastSequenceNumber, length }) => {
      if (length === 0) return sum;
      return sum + lastSequenceNumber - (read.get(`${name}/${partitionId}`) ?? -1);
    }, 0);
  return left(primaryEvents) + left('devicetwin-secondary');
}

/** First everything must have been read: hubs that are equal for a moment may have events under way that part them again. */
export async function untilEqual(
  lab: Lab,
  health: () => Promise<HealthReport>,
  primaryEvents = 'devicetwin',
): Promise<void> {
  const wait = { timeout: boundInMs, interval: 200 };
  await vi.waitFor(async () => {
    const { retryQueue, dirty } = await health();
    expect({
      unread: await countUnread(lab, primaryEvents),
      retryQueue,
      dirty,
      differences: allDifferences(lab).slice(0, 5),
    }).toEqual({
      unread: 0,
      retryQueue: 0,
      dirty: 0,
      differences: [],
    });
  }, wait);
}

export const parkedOf = (report: HealthReport): number =>
  Object.values(report.parked ?? { unreadable: Number.NaN }).reduce((sum, count) => sum + count, 0);

/** A change from within two seconds of its copy is brought up by state, many at once (src/twin/copy-age.ts): not what these tests look at. */
export const untilCopiesAreOld = async (): Promise<void> => {
  await sleep(2_100);
};
