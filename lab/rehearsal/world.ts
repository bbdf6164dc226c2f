import type { IdentityRecord, Lab } from '../contracts.js';
import { createClosers } from '../closers.js';
import { abortWhenItEnds, startAppProcess, type AppPlace, type AppProcess } from '../demo/app-process.js';
import { createDeadline, type Deadline } from '../demo/deadline.js';
import { createTelemetryFleet, type TelemetryFleet } from '../fleet/telemetry-fleet.js';
import { startLab } from '../start-lab.js';
import type { RehearsalOptions } from './options.js';
import { contentsSent, type Contents } from './contents.js';
import { keyOf, type Numbered } from './tally.js';
import { readStableEventHub, stableEventHub, startConsumers, type Consumers } from './readers.js';
import { appSettings, groups } from './settings.js';
import { watchSlowness } from './slowness.js';
import { pollInSeconds } from './times.js';
import { readWatch, type WatchView } from './watch-client.js';

/** What has been started so far. */
interface Parts {
  lab?: Lab;
  fleet?: TelemetryFleet;
  /** Reads what the relay writes. */
  relay?: ReturnType<typeof readStableEventHub>;
  consumers?: Consumers;
}

/** Everything that is running. Parts are there once their step is done; asking for one before is a defect, but for `parts`. */
export interface World {
  readonly options: RehearsalOptions;
  readonly deadline: Deadline;
  readonly abortSignal: AbortSignal;
  readonly lab: Lab;
  readonly fleet: TelemetryFleet;
  readonly relay: ReturnType<typeof readStableEventHub>;
  readonly consumers: Consumers | undefined;
  readonly parts: Readonly<Parts>;
  startLab(): Promise<Lab>;
  startApp(): Promise<AppProcess>;
  /** Kills the app's process (-9) and starts it again in its place. */
  replaceApp(): Promise<void>;
  /** How often that was done. */
  readonly replaced: number;
  startConsumers(): Promise<void>;
  connectFleet(): Promise<void>;
  /** A rollback of the registry takes away what is younger: such devices are registered again with their keys, as an operator would do. */
  registerAgain(): void;
  /** As a message of the fleet must arrive; undefined: none of that number was sent. */
  contentsSent(message: Numbered): Contents | undefined;
  /** How much longer than alone work takes on this machine, at its slowest so far. */
  readonly slowness: number;
  /** Undefined while the app does not answer, or was not started. */
  watch(): Promise<WatchView | undefined>;
  close(): Promise<void>;
}

const started = <T>(part: T | undefined): T => {
  if (part === undefined) throw new TypeError('this part of the rehearsal has not been started');
  return part;
};

const policyKey = (connectionString: string): { name: string; key: string } => ({
  name: /SharedAccessKeyName=([^;]+)/.exec(connectionString)?.[1] ?? '',
  key: /SharedAccessKey=([^;]+)/.exec(connectionString)?.[1] ?? '',
});

export const createWorld = (options: RehearsalOptions, abort: AbortController): World => {
  const closers = createClosers();
  const slowness = watchSlowness();
  closers.add(() => slowness.close());
  const deadline = createDeadline(options.limitInMs, abort.signal);
  let closing = false;
  let replacing = false;
  let replaced = 0;
  let app: AppProcess | undefined;
  let records: IdentityRecord[] = [];
  const sent = new Map<string, Contents>();
  const parts: Parts = {};
  const lab = (): Lab => started(parts.lab);

  const startApp = async (place: AppPlace = {}): Promise<AppProcess> => {
    const running = await startAppProcess(lab(), {
      settings: appSettings(lab(), options),
      env: lab().description.identityEnv,
      place,
    });
    app = running;
    void abortWhenItEnds(running, abort, () => closing || replacing);
    return running;
  };

  return {
    options,
    deadline,
    abortSignal: abort.signal,
    get lab() {
      return lab();
    },
    get fleet() {
      return started(parts.fleet);
    },
    get relay() {
      return started(parts.relay);
    },
    parts,
    get replaced() {
      return replaced;
    },
    get slowness() {
      return slowness.worst;
    },
    get consumers() {
      return parts.consumers;
    },
    startLab: async () => {
      const { failover, partitions } = options;
      const running = await startLab({
        hubFailover: { primary: failover },
        builtInPartitions: partitions,
        journal: (failover.rollBackMinutes ?? 0) > 0,
      });
      parts.lab = running;
      closers.add(() => running.close());
      for (const group of Object.values(groups)) running.failover('primary').addConsumerGroup(group);
      running.namespace.createEventHub(stableEventHub, { partitions });
      const reading = readStableEventHub(running);
      parts.relay = reading;
      closers.add(() => reading.close());
      return running;
    },
    startApp: async () => {
      const running = await startApp();
      closers.add(async () => {
        await (abort.signal.aborted ? app?.host.kill() : app?.host.close());
      });
      return running;
    },
    replaceApp: async () => {
      const { host } = started(app);
      replacing = true;
      replaced += 1;
      await host.kill();
      const { port, masterKey, functionKey, systemKey } = host;
      await startApp({ port, keys: { masterKey, functionKey, systemKey } });
      replacing = false;
    },
    startConsumers: async () => {
      const { host } = started(app);
      const running = lab();
      const primary = running.hub('primary');
      const reading = await startConsumers(running, options.consumers, {
        app: {
          url: host.url,
          key: host.functionKey,
          progressKey: running.description.settings['PROGRESS_KEY'] ?? '',
          pollInMs: pollInSeconds(options).failover * 1000,
        },
        hub: primary.name,
        sharedKey: policyKey(primary.connectionStringOf('service')),
        consumerGroup: groups.consumers,
        storage: running.description.settings['AzureWebJobsStorage'] ?? '',
      });
      parts.consumers = reading;
      closers.add(() => reading.close());
    },
    connectFleet: async () => {
      const { devices: count, seed, rate } = options;
      const primary = lab().hub('primary');
      const keys = lab().addDevices({ hub: 'primary', count, prefix: 'fleet', seed });
      records = keys.map((key) => primary.getIdentity(key));
      const identities = records.map(({ deviceId, authentication }) => ({
        deviceId,
        primaryKey: authentication.symmetricKey.primaryKey ?? '',
      }));
      const running = createTelemetryFleet({
        hostName: primary.hostName,
        identities,
        intervalInMs: 1000 / rate,
        seed,
        timeoutInMs: 2000,
        onMessage: (message, telemetry) => sent.set(keyOf(message), contentsSent(message.deviceId, telemetry)),
      });
      parts.fleet = running;
      closers.add(() => running.close());
      await running.start();
    },
    registerAgain: () => {
      const primary = lab().hub('primary');
      const there = new Set(primary.listDevices().map(({ deviceId }) => deviceId));
      for (const { deviceId, authentication } of records)
        if (!there.has(deviceId))
          primary.createIdentity(
            { deviceId },
            { authentication: { type: authentication.type, symmetricKey: { ...authentication.symmetricKey } } },
          );
    },
    contentsSent: (message) => sent.get(keyOf(message)),
    watch: async () => {
      if (app === undefined) return undefined;
      const { host } = app;
      return readWatch(host.url, host.functionKey, lab().hub('primary').name);
    },
    close: () => {
      closing = true;
      return closers.close();
    },
  };
};
