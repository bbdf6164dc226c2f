import { array, assert, integer, pre, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRepeatFilter } from '../../../src/consumer/repeat-filter.js';

const event = (sequenceNumber: number, inMs: number) => ({ sequenceNumber, enqueuedTimeUtc: new Date(inMs) });
const lastSeen = { sequenceNumber: 10, enqueuedAt: new Date(1000), generation: 1 };
const numbers = (events: readonly { sequenceNumber: number }[]): number[] =>
  events.map(({ sequenceNumber }) => sequenceNumber);

describe('repeats on a namespace that was seen before', () => {
  it('are known by the last processed event itself, also when it comes batches later', () => {
    const filter = createRepeatFilter(lastSeen);
    expect(filter([event(8, 900), event(9, 950)])).toEqual({ deliver: [], repeats: [] });
    const { deliver, repeats } = filter([event(10, 1000), event(11, 1000), event(12, 1100)]);
    expect([numbers(repeats), numbers(deliver)]).toEqual([
      [8, 9, 10],
      [11, 12],
    ]);
    expect(numbers(filter([event(13, 1200)]).deliver)).toEqual([13]);
  });

  it('are none where a new log has the same numbers, also with a clock that is behind', () => {
    const filter = createRepeatFilter(lastSeen);
    expect(filter([event(0, 980), event(1, 990)]).deliver).toEqual([]);
    expect(numbers(filter([event(2, 1001)]).deliver)).toEqual([0, 1, 2]);
  });

  it('are none when nothing more comes: what was held back is delivered after an empty wait', () => {
    const filter = createRepeatFilter(lastSeen);
    filter([event(0, 980)]);
    expect(numbers(filter([]).deliver)).toEqual([0]);
  });

  it('never swallow an event of a new log, however it is cut into batches', () => {
    assert(
      property(
        array(integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 30 }),
        integer({ min: 1, max: 5 }),
        (gaps, size) => {
          let now = 970;
          const log = gaps.map((gap, index) => event(index, (now += gap)));
          // One event in a new log may by chance be the very twin of the last processed one.
          pre(
            !log.some(
              ({ sequenceNumber, enqueuedTimeUtc }) => sequenceNumber === 10 && enqueuedTimeUtc.getTime() === 1000,
            ),
          );
          const filter = createRepeatFilter<(typeof log)[number]>(lastSeen);
          const delivered: typeof log = [];
          for (let at = 0; at < log.length; at += size) delivered.push(...filter(log.slice(at, at + size)).deliver);
          delivered.push(...filter([]).deliver);
          expect(delivered).toEqual(log);
        },
      ),
    );
  });
});
