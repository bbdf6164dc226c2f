import { expect, it } from 'vitest';
import type { EndpointFeed } from '../../../lab/hub-failover/contract.js';
import { deliveriesOf, deliveryProblems } from '../../../lab/rehearsal/deliveries.js';
import { aLog, aReceived } from './an-evidence.js';

const feed = (hostName: string, firstEnqueuedAt: number, lastEnqueuedAt: number): EndpointFeed => ({
  hostName,
  accepted: 10,
  firstEnqueuedAt,
  lastEnqueuedAt,
});
const got = (endpoint: string, enqueuedAt: number, deliveredAt: number, generation = 1) =>
  aReceived(enqueuedAt, { endpoint, enqueuedAt, deliveredAt, generation });

it('measures each generation against the one before, also where the hub comes back to an endpoint', () => {
  const feeds = [feed('a', 1_000, 2_000), feed('b', 7_000, 8_000), feed('a', 11_000, 12_000)];
  // The third generation reads what it had read of the first once more: by its time it is not the third's.
  const log = aLog(
    got('a', 1_000, 1_010),
    got('b', 7_000, 7_300, 2),
    got('a', 1_000, 11_500, 3),
    got('a', 11_000, 13_600, 3),
  );
  const deliveries = deliveriesOf(feeds, log);
  expect(deliveries).toEqual([
    { generation: 2, endpoint: 'b', accepted: 10, gapInMs: 5000, deliveryInMs: 300 },
    { generation: 3, endpoint: 'a', accepted: 10, gapInMs: 3000, deliveryInMs: 2600 },
  ]);
  expect(deliveryProblems(deliveries, 2000)).toEqual([
    'the first message of generation 3 took 2600 ms, more than the bound of 2000 ms',
  ]);
});

it('takes the first delivery of a message that came more than once', () => {
  const log = aLog(got('B', 7_000, 7_300), got('b', 7_000, 7_200), got('b', 7_000, 9_000));
  expect(deliveriesOf([feed('a', 1, 2), feed('b', 7_000, 8_000)], log)[0]?.deliveryInMs).toBe(200);
});

it('has nothing to say of an endpoint that got no message, and measures the gap over it', () => {
  const feeds = [feed('a', 1_000, 2_000), { hostName: 'b', accepted: 0 }, feed('a', 9_000, 9_500)];
  const deliveries = deliveriesOf(feeds, aLog(got('a', 9_000, 9_001)));
  expect(deliveries).toEqual([
    { generation: 2, endpoint: 'b', accepted: 0, gapInMs: null, deliveryInMs: null },
    { generation: 3, endpoint: 'a', accepted: 10, gapInMs: 7000, deliveryInMs: 1 },
  ]);
  expect(deliveryProblems(deliveries, 2000)).toEqual([]);
});

it('has a problem where messages came and the first was not delivered', () => {
  const deliveries = deliveriesOf([feed('a', 1_000, 2_000), feed('b', 7_000, 8_000)], aLog(got('b', 7_500, 7_501)));
  expect(deliveryProblems(deliveries, 2000)).toEqual(['the first message of generation 2 was not delivered']);
});
