import { describe, expect, it } from 'vitest';
import { toDocument } from '../../../src/failover/document.js';
import { consumersDocumentSchema } from '../../../src/consumers-document.js';
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
  it('stops when each consumer told of each partition that nothing is left', () => {
    const hub = drainingSince40();
    hub.tell(told(1, 41, { lag: 0 }), told(1, 41, { lag: 2, consumer: 'other' }));
    hub.look(45, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
    hub.tell(told(1, 46, { lag: 0, consumer: 'other' }));
    hub.look(50, shows(second));
    expect(hub.generations()).toBe('1:stopped 2:running');
  });

  it('goes on where what was told is from before the failover ended', () => {
    const hub = drainingSince40();
    hub.tell(told(1, 39, { lag: 0 }));
    hub.look(45, shows(second));
    expect(hub.generations()).toBe('1:draining 2:running');
  });

  it('goes on where a partition was never told of', () => {
    const hub = drainingSince40();
    const row = told(1, 41, { lag: 0 });
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
    hub.look(45, shows(second));
    expect(hub.state().generations[0]).toMatchObject({ state: 'stopped', firstEventAt: at(20), lastEventAt: at(20) });
    const other = drainingSince40();
    other.tell({ ...row, partitions: [nothing, { ...nothing, partitionId: '0' }] });
    other.look(45, shows(second));
    expect(other.state().generations[0]).toMatchObject({ state: 'stopped' });
    expect(other.state().generations[0]).not.toHaveProperty('lastEventAt');
  });

  it('goes on where the endpoint tells no lag, and where nobody tells anything', () => {
    const hub = drainingSince40();
    hub.look(45, shows(second));
    hub.tell(told(1, 46));
    hub.look(50, shows(second));
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
