import type { IdentityRecord, Lab } from '../contracts.js';
import { createClosers } from '../closers.js';
import { abortWhenItEnds, startAppProcess, type AppPlace, type AppProcess } from '../demo/app-process.js';
import { createDeadline, type Deadline } from '../demo/deadline.js';
import { createTelemetryFleet, type TelemetryFleet } from '../fleet/telemetry-fleet.js';
import { startLab } from '../start-lab.js';
import type { RehearsalOptions } from './options.js';
import { readStableEventHub, stableEventHub, startConsumers, type Consumers } from './readers.js';
import { appSettings, groups, pollInSeconds } from './settings.js';
import { readWatch, type WatchView } from './watch-client.js';

/** Everything that is running. Parts are there once their step is done; asking for one before is a defect. */
export interface World {
  readonly options: RehearsalOptions;
  readonly deadline: Deadline;
  readonly abortSignal: AbortSignal;
  readonly lab: Lab;
  readonly fleet: TelemetryFleet;
  readonly stable: ReturnType<typeof readStableEventHub>;
  readonly consumers: Consumers | undefined;
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
  const deadline = createDeadline(options.limitInMs, abort.signal);
  let closing = false;
  let replacing = false;
  let replaced = 0;
  let lab: Lab | undefined;
  let app: AppProcess | undefined;
  let fleet: TelemetryFleet | undefined;
  let consumers: Consumers | undefined;
  let records: IdentityRecord[] = [];
  let stable: ReturnType<typeof readStableEventHub> | undefined;

  const startApp = async (place: AppPlace = {}): Promise<AppProcess> => {
    const running = await startAppProcess(started(lab), {
      settings: appSettings(started(lab), options),
      env: started(lab).description.identityEnv,
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
      return started(lab);
    },
    get fleet() {
      return started(fleet);
    },
    get stable() {
      return started(stable);
    },
    get replaced() {
      return replaced;
    },
    get consumers() {
      return consumers;
    },
    startLab: async () => {
      const { failover, partitions } = options;
      const running = await startLab({
        hubFailover: { primary: failover },
        builtInPartitions: partitions,
        journal: (failover.rollBackMinutes ?? 0) > 0,
      });
      lab = running;
      closers.add(() => running.close());
      for (const group of Object.values(groups)) running.failover('primary').addConsumerGroup(group);
      running.namespace.createEventHub(stableEventHub, { partitions });
      const reading = readStableEventHub(running);
      stable = reading;
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
      const running = started(lab);
      const primary = running.hub('primary');
      const reading = await startConsumers(running, options.consumers, {
        app: { url: host.url, key: host.functionKey, pollInMs: pollInSeconds(options).failover * 1000 },
        hub: primary.name,
        sharedKey: policyKey(primary.connectionStringOf('service')),
        consumerGroup: groups.consumers,
        storage: running.description.settings['AzureWebJobsStorage'] ?? '',
      });
      consumers = reading;
      closers.add(() => reading.close());
    },
    connectFleet: async () => {
      const { devices: count, seed, rate } = options;
      const primary = started(lab).hub('primary');
      const keys = started(lab).addDevices({ hub: 'primary', count, prefix: 'fleet', seed });
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
      });
      fleet = running;
      closers.add(() => running.close());
      await running.start();
    },
    registerAgain: () => {
      const primary = started(lab).hub('primary');
      const there = new Set(primary.listDevices().map(({ deviceId }) => deviceId));
      for (const { deviceId, authentication } of records)
        if (!there.has(deviceId))
          primary.createIdentity(
            { deviceId },
            { authentication: { type: authentication.type, symmetricKey: { ...authentication.symmetricKey } } },
          );
    },
    watch: () => {
      const { host } = started(app);
      return readWatch(host.url, host.functionKey, started(lab).hub('primary').name);
    },
    close: () => {
      closing = true;
      return closers.close();
    },
  };
};
