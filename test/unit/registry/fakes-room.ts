import type { DirectionVerdict } from '../../../src/direction.js';
import type { HubRole, IdentityKey } from '../../../src/hub-model.js';
import type { Clock } from '../../../src/clock.js';
import type { LogEventId, LogFields, LogLevel } from '../../../src/log-events.js';
import type { ParkedItem } from '../../../src/registry/ports.js';
import { createRegistryEventHandler } from '../../../src/registry/handle-event.js';
import { createRegistryRetryHandler } from '../../../src/registry/handle-retry.js';
import { createReplicate } from '../../../src/registry/replicate.js';
import { createIdentitySync } from '../../../src/registry/sync-identity.js';
import { FakeHub, fakeReported } from './fakes-hub.js';
import { FakeLedger, FakeQueue } from './fakes-storage.js';

const hubNames = { primary: 'p-hub', secondary: 's-hub' };
const startedAt = new Date('2026-11-21T00:00:00.000Z');

class FakeClock implements Clock {
  #nowInMs = startedAt.getTime();
  now = () => new Date(this.#nowInMs);
  monotonicInMs = () => this.#nowInMs;
  sleep = (ms: number) => Promise.resolve(this.advance(ms));
  advance(ms: number): void {
    this.#nowInMs += ms;
  }
}

export interface RoomOptions {
  graceInMs?: number;
  massChangeLimit?: number;
  reported?: boolean;
}

/** The whole room on fakes: primary active, secondary standby, until `activeHub` or `hold` says otherwise. */
export const setUp = ({ graceInMs = 0, massChangeLimit = 0, reported = true }: RoomOptions = {}) => {
  const hubs = { primary: new FakeHub('p'), secondary: new FakeHub('s') };
  const state: { activeHub: HubRole; hold?: 'paused' | 'stateStale' } = { activeHub: 'primary' };
  const direction = {
    decide: (source: HubRole): Promise<DirectionVerdict> => {
      if (state.hold !== undefined) return Promise.resolve({ kind: 'hold', reason: state.hold });
      return Promise.resolve(
        source === state.activeHub ? { kind: 'apply' } : { kind: 'skip', reason: 'sourceIsStandby' },
      );
    },
  };
  const clock = new FakeClock();
  const ledger = new FakeLedger();
  const queue = new FakeQueue();
  const parked: ParkedItem[] = [];
  const skips: string[] = [];
  const events: { level: LogLevel; id: LogEventId; fields: LogFields }[] = [];
  const logger = {
    event: (level: LogLevel, id: LogEventId, fields: LogFields = {}) => void events.push({ level, id, fields }),
  };
  const storage = { hubNames, ledger, queue, clock, logger, random: () => 0.5 };
  const ours = new Set<string>();
  const syncOptions = {
    ...storage,
    hubs,
    direction,
    graceInMs,
    massChangeLimit,
    ...(reported && { reported: fakeReported(hubs, ours) }),
  };
  const syncIdentity = createIdentitySync(syncOptions);
  const parking = { park: (item: ParkedItem) => Promise.resolve(void parked.push(item)) };
  const counters = { skipped: (reason: string) => void skips.push(reason) };
  const hintOptions = { ...storage, parking, counters, syncIdentity };
  const handleEvent = createRegistryEventHandler(hintOptions);
  const handleRetry = createRegistryRetryHandler(hintOptions);
  const replicate = createReplicate({ ...storage, syncIdentity });
  const fakes = { hubs, state, clock, ledger, queue, parked, parking, skips, events, ours };
  return { ...fakes, syncOptions, hintOptions, syncIdentity, handleEvent, handleRetry, replicate };
};
export type Room = ReturnType<typeof setUp>;

export const created = (deviceId: string, hubName = hubNames.primary) =>
  anEvent('Microsoft.Devices.DeviceCreated', deviceId, hubName);
export const deleted = (deviceId: string, hubName = hubNames.primary) =>
  anEvent('Microsoft.Devices.DeviceDeleted', deviceId, hubName);

const anEvent = (eventType: string, deviceId: string, hubName: string) => ({
  id: '56afc886-767b-d359-d59e-0da7877166b2',
  topic: '/SUBSCRIPTIONS/X/RESOURCEGROUPS/Y/PROVIDERS/MICROSOFT.DEVICES/IOTHUBS/P-HUB',
  subject: `devices/${deviceId}`,
  eventType,
  eventTime: '2026-11-21T00:00:00.0000000Z',
  data: { twin: { deviceId, authenticationType: 'sas' }, hubName, deviceId },
  dataVersion: '1',
  metadataVersion: '1',
});

/** The same event as a subscription with CloudEvents tells it. */
export const asCloudEvent = ({ id, topic, subject, eventType, eventTime, data }: ReturnType<typeof anEvent>) => ({
  id,
  source: topic,
  subject,
  type: eventType,
  time: eventTime,
  data,
  specversion: '1.0',
});

export const device = (deviceId: string): IdentityKey => ({ deviceId });
export const module = (deviceId: string, moduleId: string): IdentityKey => ({ deviceId, moduleId });

/** Delivers what is queued, time passing as the delays say, until nothing is left. */
export const drain = async (room: Room, limit = 5_000): Promise<void> => {
  for (let i = 0; i < limit; i += 1) {
    const next = room.queue.messages.shift();
    if (next === undefined) return;
    room.clock.advance(next.delayInMs);
    await room.handleRetry(next.message);
  }
  throw new Error(`Still ${room.queue.messages.length} messages after ${limit} deliveries.`);
};
