import pLimit from 'p-limit';
import pRetry from 'p-retry';
import type { IdentityKey, JsonObject } from '../contracts.js';
import { createSeededRandom } from '../seeded-random.js';
import { repeat, type Activity } from './activity.js';
import { FleetError, type FleetErrorCode } from './fleet-error.js';
import { reading, reportedPatch } from './readings.js';
import { createSimulatedDevice, type FleetIdentity, type SimulatedDevice } from './simulated-device.js';

export interface FleetOptions {
  /** The hub, by its real name: the process must have the host map and trust the laboratory. */
  hostName: string;
  identities: FleetIdentity[];
  /** Default 1: the same seed gives the same readings and reports. */
  seed?: number;
  /** How many devices connect at a time. Default 20. */
  connectConcurrency?: number;
  /** Further tries of a device that cannot connect, with growing pauses. Default 4. */
  connectRetries?: number;
  /** For each request of a device. Default 10000. */
  timeoutInMs?: number;
  /** Each failure as it happens; they are counted anyway. */
  onFailure?: (error: FleetError) => void;
}

interface FleetCounts {
  identities: number;
  connected: number;
  /** Acknowledged by the hub. */
  telemetry: number;
  /** Reported patches that the hub has applied. */
  reported: number;
  /** Desired patches that devices have received, without the state at connection. */
  desired: number;
  failures: Partial<Record<FleetErrorCode, number>>;
}

export interface Fleet extends AsyncDisposable {
  /** Connects all. Rejects with the first FleetError of a device that never could. */
  connect(): Promise<void>;
  /** From now on every device sends telemetry and reports at about these intervals (undefined: never). */
  start(intervals: { telemetryIntervalInMs?: number; reportIntervalInMs?: number }): void;
  /** Resolves when nothing that `start` began is under way; connections stay. */
  quiet(): Promise<void>;
  /** One reported patch, now. Rejects with FleetError. */
  report(key: IdentityKey, patch: JsonObject): Promise<void>;
  /** The last desired patch that the device received, with its `$version`. */
  lastDesired(key: IdentityKey): JsonObject | undefined;
  counts(): FleetCounts;
  close(): Promise<void>;
}

const nameOf = ({ deviceId, moduleId }: IdentityKey): string => JSON.stringify([deviceId, moduleId]);

/** Simulated devices and modules, each with the real device SDK over MQTT. */
export function createFleet(options: FleetOptions): Fleet {
  const { hostName, identities, connectConcurrency = 20, connectRetries = 4, seed = 1 } = options;
  const counts: FleetCounts = {
    identities: identities.length,
    connected: 0,
    telemetry: 0,
    reported: 0,
    desired: 0,
    failures: {},
  };
  const random = createSeededRandom(seed);
  const desired = new Map<string, JsonObject>();
  const devices = new Map<string, SimulatedDevice>();
  const activities: Activity[] = [];

  const failed = (error: unknown): void => {
    if (!(error instanceof FleetError)) throw error;
    counts.failures[error.code] = (counts.failures[error.code] ?? 0) + 1;
    options.onFailure?.(error);
  };
  for (const identity of identities) {
    const device = createSimulatedDevice({
      hostName,
      identity,
      ...(options.timeoutInMs === undefined ? {} : { timeoutInMs: options.timeoutInMs }),
      onDesired: (patch) => {
        counts.desired += 1;
        desired.set(nameOf(identity), patch);
      },
      onDisconnected: failed,
    });
    devices.set(nameOf(identity), device);
  }
  const each = (concurrency: number, act: (device: SimulatedDevice) => Promise<void>): Promise<void[]> => {
    const limit = pLimit(concurrency);
    return Promise.all([...devices.values()].map((device) => limit(() => act(device))));
  };

  const sent = async (device: SimulatedDevice, body: JsonObject): Promise<void> => {
    await device.send(body);
    counts.telemetry += 1;
  };
  const reported = async (device: SimulatedDevice, patch: JsonObject): Promise<void> => {
    await device.report(patch);
    counts.reported += 1;
  };
  const quiet = async (): Promise<void> => {
    await Promise.all(activities.splice(0).map((activity) => activity.stop()));
  };
  const close = async (): Promise<void> => {
    await quiet();
    await each(50, (device) => device.close());
    counts.connected = 0;
  };

  return {
    connect: async () => {
      const failures: unknown[] = [];
      await each(connectConcurrency, async (device) => {
        const retry = { retries: connectRetries, minTimeout: 200, maxTimeout: 2_000, randomize: true };
        try {
          await pRetry(() => device.open(), { ...retry, onFailedAttempt: ({ error }) => failed(error) });
          counts.connected += 1;
        } catch (error) {
          failures.push(error);
        }
      });
      // Only now: none may still be connecting when the caller closes the fleet.
      if (failures.length > 0) throw failures[0];
    },
    start: ({ telemetryIntervalInMs, reportIntervalInMs }) => {
      for (const device of devices.values()) {
        const own = createSeededRandom(random.integer(2 ** 32));
        let sequence = 0;
        const every = (intervalInMs: number | undefined, act: () => Promise<void>): void => {
          if (intervalInMs !== undefined) activities.push(repeat(intervalInMs, own, () => act().catch(failed)));
        };
        every(telemetryIntervalInMs, () => sent(device, reading(own, (sequence += 1))));
        every(reportIntervalInMs, () => reported(device, reportedPatch(own, (sequence += 1))));
      }
    },
    quiet,
    report: async (key, patch) => {
      const device = devices.get(nameOf(key));
      if (device === undefined) throw new FleetError('unknownDevice', `${key.deviceId} is not of this fleet`);
      await reported(device, patch);
    },
    lastDesired: (key) => desired.get(nameOf(key)),
    counts: () => ({ ...counts, failures: { ...counts.failures } }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
