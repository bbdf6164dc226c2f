import { expect, it } from 'vitest';
import { problemsOf, rehearse } from '../integration/support/rehearse.js';

// Alone on the machine: here the bound is not a formality, for a poll of the watch lies between the first message and whoever reads it.
it.each([
  ['by consumers', '--consumers 1'],
  ['by consumers whose group is still there', '--consumers 1 --consumer-groups-lost no'],
  ['by the relay', '--consumers 0'],
  ['by consumers, 32 partitions', '--consumers 2 --partitions 32'],
])(
  'data that flows as soon as the endpoint is shown is delivered within a poll and a second: %s',
  async (_by, args) => {
    const report = await rehearse(['--data-flows-at-once', 'yes', ...args.split(' ')]);
    expect(problemsOf(report)).toEqual([]);
    expect(report.deliveries).toMatchObject([{ generation: 2, deliveryInMs: expect.any(Number) }]);
  },
);

it('a failback right after is measured too', async () => {
  const report = await rehearse(['--data-flows-at-once', 'yes', '--failback']);
  expect(problemsOf(report)).toEqual([]);
  expect(report.deliveries).toMatchObject([
    { generation: 2, deliveryInMs: expect.any(Number) },
    { generation: 3, deliveryInMs: expect.any(Number) },
  ]);
});
