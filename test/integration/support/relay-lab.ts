import { setTimeout } from 'node:timers/promises';
import type { ReceivedEventData } from '@azure/event-hubs';
import { expect, onTestFailed, vi } from 'vitest';
import type { Lab, LabOptions } from '../../../lab/contracts.js';
import { projectFile } from '../../../lab/net/project-file.js';
import { forkManaged, type ChildExit } from '../../../lab/processes/managed-child.js';
import { startLab } from '../../../lab/start-lab.js';
import { read, type Reading } from '../../lab/support/event-hubs.js';

export const boundInMs = 60_000;
const eventHub = 'telemetry';

export interface RelayLab extends AsyncDisposable {
  readonly lab: Lab;
  readonly hub: string;
  readonly settings: Record<string, string>;
  /** Everything in the target, as it comes. */
  readonly arrived: Reading;
  /** As the devices would: the next message of each, so many times. */
  send(rounds: number): void;
  /** Goes on sending each few milliseconds until it is aborted. Resolves then. */
  sendUntil(signal: AbortSignal): Promise<void>;
  /** Numbers sent so far by each device, which the hub accepted. */
  readonly sent: Record<string, number>;
  /** Waits until each device's numbers are all there, then checks the order: each number comes first in its place. */
  untilAllArrived(): Promise<{ duplicates: number }>;
}

const deviceOf = (event: ReceivedEventData): string => String(event.properties?.['iothub-connection-device-id']);
export const numberOf = (event: ReceivedEventData): number => (event.body as { n: number }).n;

/** A laboratory with a stable Event Hub, and devices on the primary hub that count. */
export async function startRelayLab(options: LabOptions & { devices?: number } = {}): Promise<RelayLab> {
  const { devices: count = 8, ...more } = options;
  const lab = await startLab({ eventHubsPort: 0, ...more });
  lab.namespace.createEventHub(eventHub, { partitions: 4 });
  const devices = lab.addDevices({ hub: 'primary', count, prefix: 'counter' });
  const hub = lab.hub('primary');
  const sent = Object.fromEntries(devices.map(({ deviceId }) => [deviceId, 0]));
  const arrived = read(lab.description.eventHubs.connectionString, eventHub);
  const send = (rounds: number): void => {
    for (let round = 0; round < rounds; round += 1)
      for (const key of devices) {
        const n = sent[key.deviceId] ?? 0;
        const body = Buffer.from(`{"n": ${n}}`);
        try {
          hub.acceptTelemetry(key, body, { contentType: 'application/json' }, { kind: 'count' });
          sent[key.deviceId] = n + 1;
        } catch (error) {
          // While it fails over the hub takes nothing: the device sends that number again.
          if (!(error instanceof Error && /failing over/.test(error.message))) throw error;
        }
      }
  };
  const numbersByDevice = (): Record<string, number[]> => {
    const numbers: Record<string, number[]> = {};
    for (const event of arrived.events) (numbers[deviceOf(event)] ??= []).push(numberOf(event));
    return numbers;
  };
  return {
    lab,
    hub: hub.name,
    arrived,
    sent,
    settings: {
      ...lab.description.settings,
      FEATURES: 'relay',
      SECONDARY_HUB_RESOURCE_ID: '',
      SECONDARY_HUB_EVENTS: '',
      RELAY_TARGET: lab.description.eventHubs.connectionString,
      RELAY_START: 'earliest',
    },
    send,
    sendUntil: async (signal) => {
      while (!signal.aborted) {
        send(1);
        await setTimeout(5);
      }
    },
    untilAllArrived: async () => {
      const all = Object.values(sent).reduce((sum, one) => sum + one, 0);
      const distinct = () => Object.values(numbersByDevice()).reduce((sum, one) => sum + new Set(one).size, 0);
      await vi.waitUntil(() => distinct() >= all, { timeout: boundInMs, interval: 50 }).catch(() => undefined);
      for (const [device, numbers] of Object.entries(numbersByDevice()))
        expect({ device, numbers: [...new Set(numbers)] }).toEqual({
          device,
          numbers: Array.from({ length: sent[device] ?? 0 }, (_, n) => n),
        });
      expect(distinct()).toBe(all);
      return { duplicates: arrived.events.length - all };
    },
    [Symbol.asyncDispose]: async () => {
      await arrived[Symbol.asyncDispose]();
      await lab.close();
    },
  };
}

export interface RelayProcess extends AsyncDisposable {
  readonly lines: string[];
  /** Log events of this id. */
  events(id: string): Record<string, unknown>[];
  waitForEvent(id: string): Promise<void>;
  kill(): Promise<ChildExit>;
  /** SIGTERM. */
  terminate(): Promise<ChildExit>;
}

/** The relay as `npm run relay` starts it. */
export function startRelayProcess(world: RelayLab, settings: Record<string, string> = {}): RelayProcess {
  const lines: string[] = [];
  const child = forkManaged(projectFile('dist/src/relay/main.js'), {
    env: { ...process.env, ...world.lab.description.env, ...world.settings, ...settings },
    onLine: (line) => void lines.push(line),
  });
  onTestFailed(() => void process.stderr.write(`the relay said last:\n${lines.slice(-30).join('\n')}\n`));
  const events = (id: string): Record<string, unknown>[] =>
    lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((event) => event['id'] === id);
  return {
    lines,
    events,
    waitForEvent: async (id) => {
      const seen = vi.waitUntil(() => events(id).length > 0, { timeout: boundInMs, interval: 50 });
      const early = child.exited.then(() => Promise.reject(new Error(`ended before ${id}: ${lines.join('\n')}`)));
      await Promise.race([
        seen,
        early.catch((error: unknown) => (events(id).length > 0 ? undefined : Promise.reject(error))),
      ]);
    },
    kill: () => child.kill(),
    terminate: () => child.close({ killAfterInMs: 15_000 }),
    [Symbol.asyncDispose]: async () => void (await child.kill()),
  };
}
