import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCounters } from '../../../src/health/counters.js';
import type { IdentityKey, JsonObject } from '../../../src/hub-model.js';
import type { RawTwinEvent } from '../../../src/twin/ports.js';
import { createTwinReplayer } from '../../../src/twin/replay-batch.js';
import { failure, fakeReported, someKeys } from '../registry/fakes-hub.js';
import { drain, setUp } from '../registry/fakes-room.js';
import { anEvent } from '../twin/events.js';
import { FakePositions } from '../twin/fakes.js';

/** Both writers of the mirror on the same hubs: copies by state and the stream, each call at any speed, with faults. */

const devices: IdentityKey[] = [{ deviceId: 'd' }, { deviceId: '__proto__' }];
const names = ['a', 'b', '__proto__', 'length'];

const value = fc.oneof(
  { weight: 4, arbitrary: fc.nat(9) },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.dictionary(fc.constantFrom('x', 'y'), fc.nat(9), { maxKeys: 2 }) },
);
const section = fc
  .array(fc.tuple(fc.constantFrom(...names), value), { minLength: 1, maxLength: 2 })
  .map((entries): JsonObject => Object.fromEntries(entries));
const key = fc.constantFrom(...devices);
const actions = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('patch' as const), key, tags: section, desired: section }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('replace' as const), key, tags: section }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('report' as const), key, reported: section }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('sync' as const), key }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('rebirth' as const), key }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('replay' as const), size: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), back: fc.nat(6) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), turns: fc.nat(20) }) },
  ),
  { minLength: 20, maxLength: 80 },
);
type Action = typeof actions extends fc.Arbitrary<(infer A)[]> ? A : never;

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate);
};

function aMirror(roll: () => number, share: number) {
  const room = setUp({ graceInMs: 0, massChangeLimit: 10_000 });
  const { hubs, clock } = room;
  const log: RawTwinEvent[] = [];
  let isCalm = false;
  for (const hub of Object.values(hubs)) {
    hub.onCall = async (operation, _key, phase) => {
      if (isCalm) return;
      // One call in five is slow: it waits in a back-off while others overtake it.
      await turns(roll() % 5 === 0 ? roll() % 30 : roll() % 3);
      if (roll() % 100 >= share || (phase === 'after' && !/^(patch|create|update)/.test(operation))) return;
      throw failure(phase === 'after' ? 'hubTimeout' : 'hubThrottled');
    };
  }
  /** Clocks may differ by two seconds: what lies closer is always brought up by state, and would prove nothing here. */
  const tick = () => clock.advance(2_500 + (roll() % 3) * 1_000);
  const emit = (key: IdentityKey, opType: string, body: JsonObject, messageSource = 'twinChangeEvents') => {
    tick();
    const now = clock.now();
    tick();
    const more = { messageSource, properties: { hubName: 'p-hub', operationTimestamp: now.toISOString() } };
    log.push({ ...anEvent(key, opType, body, more), sequenceNumber: String(log.length), enqueuedAt: now });
  };
  const twin = (key: IdentityKey) => {
    const { tags, desired, reported, version } = hubs.primary.twinOf(key);
    return { version, tags, properties: { desired, reported } };
  };
  const positions = new FakePositions();
  const start = () =>
    createTwinReplayer({
      source: 'primary',
      sourceHubName: 'p-hub',
      target: hubs.secondary,
      direction: { decide: () => Promise.resolve({ kind: 'apply' }) },
      replicate: room.replicate,
      reported: fakeReported(hubs),
      park: { park: () => Promise.reject(new TypeError('nothing here is to be parked')) },
      positions,
      instanceId: 'one',
      leaseInMs: 30_000,
      counters: createCounters(),
      clock,
      logger: room.hintOptions.logger,
      concurrency: 2,
      holdLimitInMs: Infinity,
      identityHoldLimitInMs: Infinity,
    });
  let replayer = start();
  let reached = 0;
  let work = Promise.resolve();
  const restart = async (back: number): Promise<void> => {
    replayer = start();
    reached = Math.max(0, reached - back);
  };
  const replay = async (size: number): Promise<void> => {
    const batch = log.slice(reached, reached + size);
    if (batch.length === 0) return;
    const done = await replayer.replayBatch(batch, { partitionId: '0', eventHubName: 'devicetwin' }).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'held' });
        return false;
      },
    );
    if (done) reached += batch.length;
  };
  const syncs: Promise<unknown>[] = [];
  const birth = (key: IdentityKey) => {
    hubs.primary.put({ key, authentication: someKeys(key.deviceId), status: 'enabled', iotEdge: false });
    emit(key, 'createDeviceIdentity', twin(key), 'deviceLifecycleEvents');
  };
  const act = async (action: Action): Promise<void> => {
    await turns(roll() % 6);
    switch (action.do) {
      case 'patch': {
        const { tags, desired } = action;
        const { version } = hubs.primary.change(action.key, { tags, desired });
        emit(action.key, 'updateTwin', { version, tags, properties: { desired } });
        break;
      }
      case 'report': {
        const { reported } = action;
        const { version } = hubs.primary.change(action.key, { reported });
        emit(action.key, 'updateTwin', { version, properties: { reported } });
        break;
      }
      case 'replace': {
        const before = hubs.primary.twinOf(action.key);
        before.tags = Object.fromEntries(Object.entries(action.tags).filter(([, inner]) => inner !== null));
        hubs.primary.change(action.key, {});
        emit(action.key, 'replaceTwin', twin(action.key));
        break;
      }
      case 'rebirth':
        hubs.primary.remove(action.key);
        emit(action.key, 'deleteDeviceIdentity', { version: 1 }, 'deviceLifecycleEvents');
        birth(action.key);
        break;
      case 'sync':
        syncs.push(room.syncIdentity('primary', action.key));
        break;
      case 'replay':
        work = work.then(() => replay(action.size));
        break;
      case 'restart':
        work = work.then(() => restart(action.back));
        break;
      default:
        await turns(action.turns);
    }
  };
  const settle = async (): Promise<void> => {
    await Promise.all([work, ...syncs]);
    isCalm = true;
    while (reached < log.length) await replay(9);
    await drain(room);
  };
  for (const key of devices) birth(key);
  return { ...room, act, settle };
}

describe('copies by state and stream writes of one identity', () => {
  it('end in the state of the source, at any speed, with faults, repairs and restarts in between', async () => {
    await fc.assert(
      fc.asyncProperty(actions, fc.infiniteStream(fc.nat(9_999)), fc.nat(25), async (list, rolls, share) => {
        const mirror = aMirror(() => (rolls.next().value as number | undefined) ?? 0, share);
        for (const action of list) await mirror.act(action);
        await mirror.settle();
        expect(mirror.hubs.secondary.contents()).toEqual(mirror.hubs.primary.contents());
        expect([...mirror.ledger.marks.values()]).toEqual([]);
      }),
      { numRuns: Number(process.env['ORDER_RUNS'] ?? 150) },
    );
  }, 120_000);
});
