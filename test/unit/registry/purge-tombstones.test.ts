import { expect, it } from 'vitest';
import { purgeTombstones, tombstonesLiveInMs } from '../../../src/registry/purge-tombstones.js';
import { deleted, device, setUp } from './fakes-room.js';

const dayInMs = 24 * 3_600_000;

it('purges tombstones of both directions once no event of theirs can arrive, and says how many', async () => {
  const room = setUp({ graceInMs: 0 });
  room.hubs.primary.addDevice('d');
  await room.syncIdentity('primary', device('d'));
  room.hubs.primary.remove(device('d'));
  await room.handleEvent(deleted('d'));
  expect(room.ledger.row(device('d'))?.state).toBe('tombstone');
  const asked: [string, number][] = [];
  const purge = room.ledger.purgeTombstones.bind(room.ledger);
  room.ledger.purgeTombstones = (source, before, limit) => {
    asked.push([source, before.getTime()]);
    return purge(source, before, limit);
  };
  expect(await purgeTombstones({ ...room.hintOptions })).toBe(1);
  expect(room.ledger.rows.size).toBe(0);
  const before = room.clock.now().getTime() - tombstonesLiveInMs;
  expect(asked).toEqual([
    ['primary', before],
    ['secondary', before],
  ]);
  // Event Hubs keep events for 90 days at most.
  expect(tombstonesLiveInMs).toBeGreaterThan(91 * dayInMs);
  expect(room.events.at(-1)).toEqual({ level: 'info', id: 'ledger.purged', fields: { count: 1 } });
});
