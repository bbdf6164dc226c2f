import { describe, expect, it } from 'vitest';
import { unreadError } from '../../../src/consumer/unread.js';

const end = (partitionId: string, lastEnqueued: number | undefined, processed: number | undefined) => ({
  partitionId,
  lastEnqueued,
  processed,
});
const ended = (reason: 'GenerationEnded' | 'EndpointGone' | 'Shutdown', ...ends: ReturnType<typeof end>[]) =>
  unreadError({ generation: 3, endpoint: 'a.servicebus.windows.net', reason }, ends);

describe('a generation that ends', () => {
  it.each([
    ['GenerationEnded', 'was ended by its limit or by its source'],
    ['EndpointGone', 'lost its endpoint'],
  ] as const)('as %s with unread events says how many, and where', (reason, sentence) => {
    expect(ended(reason, end('0', 99, 79), end('1', 9, 9), end('2', 4, -1))).toMatchObject({
      code: 'endedUnread',
      retryable: false,
      message: `generation 3 on a.servicebus.windows.net ${sentence}: at least 25 events stay unread (by partition 0: 20, 2: 5)`,
    });
  });

  it.each([
    ['everything was read', ended('GenerationEnded', end('0', 9, 9), end('1', -1, -1))],
    ['it was processed further than the last look could see', ended('GenerationEnded', end('0', 9, 12))],
    ['nothing is known', ended('EndpointGone', end('0', undefined, 9), end('1', 9, undefined))],
    ['it is only stopped here', ended('Shutdown', end('0', 99, 79))],
  ])('says nothing where %s', (_, error) => {
    expect(error).toBeUndefined();
  });
});
