import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { keyText, type IdentityKey } from '../../../src/hub-model.js';
import type { ErrorCode } from '../../../src/errors.js';
import { createRegistryEventHandler } from '../../../src/registry/handle-event.js';
import { createRegistryRetryHandler } from '../../../src/registry/handle-retry.js';
import { createReplicate } from '../../../src/registry/replicate.js';
import { createIdentitySync } from '../../../src/registry/sync-identity.js';
import { failure } from './fakes-hub.js';
import { created, deleted, device, drain, module, setUp, type Room } from './fakes-room.js';

/** What an app host that is killed leaves: the call it was in never ends well, and its hint is delivered again. */
class Killed extends Error {}

type Hint =
  | { kind: 'event'; raw: unknown }
  | { kind: 'queue'; raw: unknown }
  | { kind: 'stream'; key: IdentityKey; isDeleteTold?: boolean };

const step = fc.record({
  deviceId: fc.constantFrom('a', 'b', 'A'),
  moduleId: fc.constantFrom('m', 'n'),
  what: fc.constantFrom('create', 'delete', 'createModule', 'deleteModule', 'change', 'drift', 'echo'),
  value: fc.nat(9),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const hubFaults: ErrorCode[] = [
  ...(['hubUnreachable', 'hubTimeout', 'hubThrottled', 'hubUnavailable', 'hubFailingOver'] as const),
  ...(['hubNotFound', 'hubBadAnswer', 'hubUnauthorized', 'hubQuotaExceeded', 'requestRefused'] as const),
];

/** Somebody works on the hubs; the hints of it, as the services would tell them. */
const act = ({ hubs }: Room, { deviceId, moduleId, what, value }: Step): Hint[] => {
  const { primary, secondary } = hubs;
  const d = device(deviceId);
  const m = module(deviceId, moduleId);
  const event = (raw: unknown): Hint[] => [{ kind: 'event', raw }];
  if (what === 'create' && !primary.has(d)) {
    primary.addDevice(deviceId, { iotEdge: value < 3 });
    return event(created(deviceId));
  }
  if (what === 'delete' && primary.has(d)) {
    primary.remove(d);
    return event(deleted(deviceId));
  }
  if (what === 'createModule' && primary.has(d) && !primary.has(m)) {
    primary.addModule(deviceId, moduleId);
    return [{ kind: 'stream', key: m }];
  }
  if (what === 'deleteModule' && primary.has(m)) {
    primary.remove(m);
    return [{ kind: 'stream', key: m, isDeleteTold: true }];
  }
  if (what === 'change') {
    const key = primary.has(m) ? m : d;
    if (!primary.has(key)) return [];
    primary.change(key, { tags: { value }, desired: { [`p${value}`]: value }, reported: { [`r${value}`]: 1 } });
    return [{ kind: 'stream', key }];
  }
  if (what === 'drift') {
    secondary.remove(d);
    return event(deleted(deviceId, 's-hub'));
  }
  return what === 'echo' ? event(value % 2 === 0 ? created(deviceId, 's-hub') : deleted(deviceId, 's-hub')) : [];
};

/** A second instance of the app on the same hubs and storage: what serialises in one process does not reach it. */
const aProcess = (room: Room) => {
  const syncIdentity = createIdentitySync(room.syncOptions);
  const options = { ...room.hintOptions, syncIdentity };
  return {
    event: createRegistryEventHandler(options),
    queue: createRegistryRetryHandler(options),
    ...createReplicate(options),
  };
};

const randomOf = (seed: number) => {
  let state = seed;
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

interface Scenario {
  steps: Step[];
  seed: number;
  processes: number;
  graceInMs: number;
  faultShare: number;
}

const play = async ({ steps, seed, processes, graceInMs, faultShare }: Scenario): Promise<Room> => {
  const room = setUp({ graceInMs, massChangeLimit: 10_000 });
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  let share = faultShare;
  const disturb = (codes: readonly ErrorCode[]) => async (): Promise<void> => {
    await Promise.resolve();
    const drawn = random();
    if (drawn < share) throw failure(pick(codes));
    if (drawn < share * 1.1) throw new Killed('killed');
  };
  for (const hub of [room.hubs.primary, room.hubs.secondary]) hub.onCall = disturb(hubFaults);
  for (const storage of [room.ledger, room.queue]) storage.onCall = disturb(['storageUnavailable']);
  const apps = Array.from({ length: processes }, () => aProcess(room));
  const pending: Hint[] = [];

  const deliver = async (hint: Hint): Promise<void> => {
    const app = pick(apps);
    try {
      if (hint.kind === 'stream') {
        const outcome = await app.replicateIdentity('primary', hint.key, hint.isDeleteTold);
        if (outcome.kind !== 'done' && outcome.kind !== 'sourceGone')
          await app.markDirty('primary', hint.key, hint.isDeleteTold ? 'deleted' : outcome.kind);
      } else await (hint.kind === 'event' ? app.event(hint.raw) : app.queue(hint.raw));
    } catch (error) {
      if (!(error instanceof Killed) && !(error instanceof Error && 'retryable' in error)) throw error;
      pending.push(hint);
    }
  };
  const deliverSome = async (most: number): Promise<void> => {
    const chosen = Array.from({ length: Math.min(most, pending.length) }, () => {
      const [hint] = pending.splice(Math.floor(random() * pending.length), 1);
      return hint as Hint;
    });
    const queued = random() < 0.3 ? room.queue.messages.splice(0, 2) : [];
    for (const { delayInMs } of queued) room.clock.advance(delayInMs);
    await Promise.all([...chosen, ...queued.map((m): Hint => ({ kind: 'queue', raw: m.message }))].map(deliver));
  };

  for (const each of steps) {
    const hints = act(room, each);
    pending.push(...hints, ...(random() < 0.5 ? hints : []));
    if (random() < 0.5) await deliverSome(4);
  }
  while (pending.length > 0) {
    share = random() < 0.05 ? 0 : share;
    await deliverSome(4);
  }
  share = 0;
  await drain(room);
  return room;
};

const expectEqualHubs = ({ hubs, ledger, parked }: Room): void => {
  expect(hubs.secondary.contents()).toEqual(hubs.primary.contents());
  expect([...ledger.marks.values()].map((mark) => keyText(mark.key))).toEqual([]);
  expect(parked).toEqual([]);
};

describe('hints, shuffled and duplicated, while both hubs and the storage fail now and then', () => {
  const scenario = (processes: number) =>
    fc.record({
      steps: fc.array(step, { minLength: 20, maxLength: 250, size: 'max' }),
      seed: fc.integer(),
      processes: fc.constant(processes),
      graceInMs: fc.constantFrom(0, 3_600_000),
      faultShare: fc.constantFrom(0, 0.05, 0.2),
    });

  it.each([1, 2])(
    'end in equal hubs, with %i instances of the app',
    async (processes) => {
      const given = fc.asyncProperty(scenario(processes), async (played) => expectEqualHubs(await play(played)));
      const runs = await fc.check(given, { numRuns: 60 });
      expect(runs.failed ? fc.defaultReportMessage(runs) : 'held').toBe('held');
    },
    60_000,
  );
});
