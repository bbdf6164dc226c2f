import { describe, expect, it } from 'vitest';
import { toDocument } from '../../../src/failover/document.js';
import { consumersDocumentSchema } from '../../../src/consumers-document.js';
import { noteEnds } from '../../../src/failover/partition-ends.js';
import { at, first, second, shows, told, watching, type Watching } from './watching.js';

const away = (endpoint = first) => shows(endpoint, { active: false });
/** Up to `failoverEnded`, at 40 s. */
const drainingSince40 = (): Watching => {
  const hub = watching();
  hub.look(5, shows(first));
  hub.look(30, away());
  hub.look(35, away(second));
  hub.look(40, shows(second));
  return hub;
};

describe('the old generation', () => {
  it('stops when each consumer told of the end of each partition, as the app itself saw it', () => {
    const hub = drainingSince40();
    hub.sees(1, 46, 41, 44);
    hub.tell(told(1, 46), told(1, 45, { consumer: 'other', lag: 0 }));
    hub.look(47, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
    hub.tell(told(1, 46, { consumer: 'other' }));
    hub.look(50, shows(second));
    expect(hub.generations()).toBe('1:stopped 2:running');
  });

  it.each([
    ['the end was never seen', []],
    [
      'the end was seen once since it drains, and moved',
      [
        [44, 43],
        [41, 44],
      ],
    ],
    ['the end was seen before it drained only', [[41, 30, 39]]],
    ['the end is further', [[42, 41, 44]]],
    ['the end is nearer: that number was never there', [[40, 41, 44]]],
  ] as const)('goes on where %s, whatever lag is told', (_why, looks) => {
    const hub = drainingSince40();
    for (const [last, ...seconds] of looks) hub.sees(1, last, ...seconds);
    hub.tell(told(1, 41, { lag: 0 }));
    hub.look(45, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
  });

  it('goes on where what was told is from before the failover ended', () => {
    const hub = drainingSince40();
    hub.sees(1, 39, 41, 44);
    hub.tell(told(1, 39, { lag: 0 }));
    hub.look(45, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
  });

  it('counts a report that came while the endpoint did not answer, once a look covers it', () => {
    const hub = drainingSince40();
    const { partitions, ...row } = told(1, 41);
    hub.tell({ ...row, partitions: [], notSeen: partitions });
    hub.look(43, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
    hub.sees(1, 41, 43, 44);
    hub.look(45, shows(second));
    expect(hub.generations()).toBe('1:stopped 2:running');
  });

  it('stops by the last ends that were read, though the endpoint has gone since', () => {
    const hub = drainingSince40();
    hub.sees(1, 41, 41, 44);
    const [old] = hub.state().generations;
    const gone = noteEnds(old!, undefined, new Date(at(46)), 5000);
    hub.change({ ...hub.state(), generations: [gone, ...hub.state().generations.slice(1)] });
    hub.tell(told(1, 41));
    hub.look(47, shows(second));
    expect(hub.generations()).toBe('1:stopped 2:running');
  });

  it('goes on where a partition was never told of', () => {
    const hub = drainingSince40();
    const row = told(1, 41, { lag: 0 });
    hub.sees(1, 41, 41, 44);
    hub.tell({ ...row, partitions: row.partitions.slice(0, 1) });
    hub.look(45, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
  });

  it('is not dated by a partition that never had an event, which counts as drained all the same', () => {
    const hub = drainingSince40();
    hub.tell(told(1, 20, { lag: 0 }));
    hub.look(41, shows(second));
    const row = told(1, 42, { lag: 0 });
    const [place, empty] = row.partitions.map((position) => ({ ...position, sequenceNumber: 20, enqueuedAt: at(20) }));
    const nothing = { ...empty!, sequenceNumber: -1, enqueuedAt: '0001-01-01T00:00:00.000Z' };
    hub.tell({ ...row, partitions: [place!, nothing] });
    hub.sees(1, [20, -1], 41, 44);
    hub.look(45, shows(second));
    expect(hub.state().generations[0]).toMatchObject({ state: 'stopped', firstEventAt: at(20), lastEventAt: at(20) });
    const other = drainingSince40();
    other.tell({ ...row, partitions: [nothing, { ...nothing, partitionId: '0' }] });
    other.sees(1, -1, 41, 44);
    other.look(45, shows(second));
    expect(other.state().generations[0]).toMatchObject({ state: 'stopped' });
    expect(other.state().generations[0]).not.toHaveProperty('lastEventAt');
  });

  it('goes on where nobody tells anything', () => {
    const hub = drainingSince40();
    hub.sees(1, 46, 41, 44);
    hub.look(45, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
  });

  it('stops at the limit, and what was left is said as far as it is known', () => {
    const hub = drainingSince40();
    hub.tell(told(1, 50, { lag: 4 }), told(1, 50, { lag: 1, consumer: 'other' }));
    hub.look(1839, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
    hub.look(1840, shows(second));
    expect(hub.generations()).toBe('1:stopped 2:running');
    expect(hub.state().history[0]).toMatchObject({ leftUnread: 8 });
  });

  it('counts what was left by the end that the app saw, not by the lag that is told', () => {
    const hub = drainingSince40();
    hub.sees(1, 53, 41);
    hub.tell(told(1, 50, { lag: 0 }));
    hub.look(1840, shows(second));
    expect(hub.state().history[0]).toMatchObject({ leftUnread: 6 });
  });

  it('is dropped a day after it stopped, and is still known as seen', () => {
    const hub = drainingSince40();
    hub.look(1840, shows(second));
    hub.look(1840 + 86_399, shows(second));
    expect(hub.generations()).toBe('1:stopped 2:running');
    hub.look(1840 + 86_400, shows(second));
    expect(hub.generations()).toBe('2:running');
    hub.look(90_000, away(first));
    expect(hub.state().generations.at(-1)).toMatchObject({ number: 3, seenBefore: true });
  });
});

describe('the document', () => {
  it('has what the contract names, and nothing that only the watch needs', () => {
    const hub = drainingSince40();
    const document = toDocument(hub.state(), [
      told(1, 20, { lag: 0 }),
      told(2, 41, { first: { enqueuedAt: at(41), handledAt: at(42) } }),
      told(9, 1),
    ]);
    expect(consumersDocumentSchema.strict().parse(document)).toEqual(document);
    expect(document.generations[1]).toEqual({
      number: 2,
      endpoint: second,
      state: 'running',
      seenBefore: false,
      startedAt: at(35),
      firstEventAt: at(41),
      lastEventAt: at(41),
    });
    expect(document.positions.map(({ generation }) => generation)).toEqual([1, 2]);
    expect(document.positions[0]?.partitions[0]).toEqual({
      partitionId: '0',
      sequenceNumber: 20,
      enqueuedAt: at(20),
      lag: 0,
    });
  });
});
