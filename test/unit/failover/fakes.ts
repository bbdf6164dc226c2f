import type {
  EndsPort,
  HubArmPort,
  PartitionEnd,
  ProgressPort,
  RedirectPort,
  WatchEnginePort,
  WatchStorePort,
} from '../../../src/failover/ports.js';
import type { EventHubEndpoint } from '../../../src/consumers-document.js';
import { AppError, type ErrorCode } from '../../../src/errors.js';
import { mergeProgress, toProgress, wentBack, type StoredProgress } from '../../../src/failover/merge-progress.js';
import { watchStateSchema, type WatchState } from '../../../src/failover/watch-state.js';
import { first, shows } from './watching.js';

export const failure = (code: ErrorCode): AppError => new AppError(code, `fake: ${code}`, { retryable: true });

/** In memory, with ETags. `onWrite` runs before each write: whoever changes something there was faster. */
export function aWatchStore(): WatchStorePort & {
  states: Map<string, WatchState>;
  onWrite: () => void;
  away: boolean;
  put(state: WatchState): void;
} {
  let counter = 0;
  const etags = new Map<string, string>();
  const put = (state: WatchState) => {
    counter += 1;
    etags.set(state.hub, `"${counter}"`);
    store.states.set(state.hub, watchStateSchema.parse(state));
  };
  const store = {
    states: new Map<string, WatchState>(),
    onWrite: () => {},
    away: false,
    put,
    read: async (hub: string) => {
      if (store.away) throw failure('storageUnavailable');
      const state = store.states.get(hub);
      return state && { state, etag: etags.get(hub) ?? '' };
    },
    write: async (state: WatchState, etag: string | undefined) => {
      if (store.away) throw failure('storageUnavailable');
      store.onWrite();
      if (etags.get(state.hub) !== etag) return false;
      put(state);
      return true;
    },
  };
  return store;
}

export function aProgressStore(): ProgressPort & { rows: Map<string, StoredProgress> } {
  const rows = new Map<string, StoredProgress>();
  return {
    rows,
    list: async () => [...rows.values()].map(toProgress),
    add: async (_hub, told, at, notSeen) => {
      const key = `${told.generation}~${told.consumer}`;
      const known = rows.get(key);
      rows.set(key, mergeProgress(known, told, at, notSeen));
      return { wentBack: wentBack(known, told, notSeen) };
    },
    forget: async (_hub, below) => {
      for (const [key, { generation }] of rows) if (generation < below) rows.delete(key);
    },
  };
}

type Arm = HubArmPort & {
  reading: Awaited<ReturnType<HubArmPort['read']>> | ErrorCode;
  groups: string[] | ErrorCode;
  key: 'valid' | 'stale' | ErrorCode;
  /** Names of groups that ARM refuses to make. */
  refuses: string[];
  deadlines: number[];
  created: string[];
};

export function anArm(): Arm {
  const orThrow = <T extends object | 'valid' | 'stale'>(value: T | ErrorCode): T => {
    if (typeof value !== 'string' || value === 'valid' || value === 'stale') return value;
    throw failure(value);
  };
  const arm: Arm = {
    reading: shows(first),
    groups: [],
    key: 'valid',
    refuses: [],
    deadlines: [],
    created: [],
    read: async ({ timeoutInMs }) => {
      arm.deadlines.push(timeoutInMs);
      return orThrow(arm.reading);
    },
    listConsumerGroups: async () => orThrow(arm.groups),
    createConsumerGroup: async (name) => {
      if (arm.refuses.includes(name)) throw failure('armRefused');
      arm.created.push(name);
      if (typeof arm.groups !== 'string') arm.groups.push(name);
    },
    checkKey: async () => orThrow(arm.key),
  };
  return arm;
}

export function aRedirect(): RedirectPort & { endpoint: EventHubEndpoint | ErrorCode; asked: number } {
  const redirect: RedirectPort & { endpoint: EventHubEndpoint | ErrorCode; asked: number } = {
    endpoint: first,
    asked: 0,
    read: async () => {
      redirect.asked += 1;
      if (typeof redirect.endpoint === 'string') throw failure(redirect.endpoint);
      return redirect.endpoint;
    },
  };
  return redirect;
}

/** Endpoints by host name. Of a look all partitions answer, or the endpoint does not. */
export function anEnds(): EndsPort & { of: Map<string, PartitionEnd[]>; looks: string[] } {
  const fake = {
    of: new Map<string, PartitionEnd[]>(),
    looks: [] as string[],
    look: async ({ hostName }: EventHubEndpoint, { partitionIds }: { partitionIds?: readonly string[] }) => {
      fake.looks.push(`${hostName} ${partitionIds?.join(',') ?? 'all'}`);
      const ends = fake.of.get(hostName);
      if (ends === undefined) throw failure('endsUnavailable');
      return ends.filter(({ partitionId }) => partitionIds?.includes(partitionId) ?? true);
    },
  };
  return fake;
}

export function anEngine(): WatchEnginePort & { running: Set<string>; calls: string[]; away: boolean } {
  const engine = {
    running: new Set<string>(),
    calls: [] as string[],
    away: false,
    note: (call: string) => {
      if (engine.away) throw failure('engineUnavailable');
      engine.calls.push(call);
    },
    isRunning: async (hub: string) => {
      engine.note(`isRunning ${hub}`);
      return engine.running.has(hub);
    },
    start: async (hub: string) => {
      engine.note(`start ${hub}`);
      engine.running.add(hub);
    },
    look: async (hub: string) => engine.note(`look ${hub}`),
    startUpkeep: async ({ hub }: { hub: string }) => engine.note(`upkeep ${hub}`),
  };
  return engine;
}
