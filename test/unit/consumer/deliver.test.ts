import { describe, expect, it } from 'vitest';
import { deliver, type DeliveryPort } from '../../../src/consumer/deliver.js';

interface Trace extends DeliveryPort<number> {
  calls: string[];
  stopped: boolean;
}
const aPort = (more: Partial<DeliveryPort<number>> & { bad?: (n: number) => boolean } = {}): Trace => {
  const trace: Trace = {
    calls: [],
    stopped: false,
    handle: async (events) => {
      trace.calls.push(`handle ${events.join()}`);
      if (more.bad !== undefined && events.some(more.bad)) throw new TypeError('bad');
    },
    park: async (event) => void trace.calls.push(`park ${event}`),
    done: (events, parked) => void trace.calls.push(`${parked ? 'parked' : 'done'} ${events.join()}`),
    failed: () => undefined,
    pause: async (attempt) => void trace.calls.push(`pause ${attempt}`),
    isStopped: () => trace.stopped,
    maxAttempts: 2,
    ...more,
  };
  return trace;
};

describe('delivery', () => {
  it('hands a batch over once when it succeeds', async () => {
    const port = aPort();
    await deliver([1, 2], port);
    expect(port.calls).toEqual(['handle 1,2', 'done 1,2']);
  });

  it('tries the batch, then each event alone, then parks the one that fails and goes on, waiting between attempts', async () => {
    const port = aPort({ bad: (n) => n === 2 });
    await deliver([1, 2, 3], port);
    expect(port.calls).toEqual([
      'handle 1,2,3',
      'pause 1',
      'handle 1,2,3',
      'handle 1',
      'done 1',
      'handle 2',
      'pause 1',
      'handle 2',
      'park 2',
      'parked 2',
      'handle 3',
      'done 3',
    ]);
  });

  it('parks an event that came alone after its attempts, not after twice as many', async () => {
    const port = aPort({ bad: () => true });
    await deliver([5], port);
    expect(port.calls).toEqual(['handle 5', 'pause 1', 'handle 5', 'park 5', 'parked 5']);
  });

  it('keeps on parking until it works, longer each time', async () => {
    let tries = 0;
    const port = aPort({
      bad: () => true,
      park: async () => {
        tries += 1;
        if (tries < 4) throw new TypeError('away');
      },
    });
    await deliver([5], port);
    expect(port.calls.slice(-4)).toEqual(['pause 1', 'pause 2', 'pause 3', 'parked 5']);
  });

  it('leaves the rest undone once stopped, and parks nothing then', async () => {
    const port = aPort({ bad: (n) => n === 2 });
    port.pause = async () => {
      port.stopped = true;
    };
    await deliver([1, 2, 3], port);
    expect(port.calls).toEqual(['handle 1,2,3']);
  });
});
