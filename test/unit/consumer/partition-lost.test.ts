import { describe, expect, it } from 'vitest';
import type { CheckpointPolicy, ProcessorHandlers } from '../../../src/consumer/contract.js';
import { aReading, event } from './a-reading.js';

/** A partition that another process takes while its handler works; the handler then asks for its checkpoint. */
const lostAtWork = async (checkpoint: CheckpointPolicy) => {
  const [entered, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const told: string[] = [];
  const say = (what: string) => (error: unknown) => void told.push(`${what}: ${Object(error).code}`);
  const handlers: Partial<ProcessorHandlers> = {
    processEvents: async (_events, partition) => {
      entered.resolve();
      await goOn.promise;
      await partition.checkpoint().then(() => told.push('written at work'), say('at work'));
    },
    processClose: async (reason, partition) => {
      told.push(reason);
      await partition.checkpoint().then(() => told.push('written at the close'), say('at the close'));
    },
  };
  const { reading, reported, written } = aReading(handlers, { checkpoint });
  const accepting = reading.accept([event(1), event(2)]);
  await entered.promise;
  const closed = reading.close('OwnershipLost');
  goOn.resolve();
  await closed;
  return { accepting, reported, written, told };
};

describe('a partition that another process has taken', () => {
  it.each<CheckpointPolicy>([
    { kind: 'eachBatch' },
    { kind: 'everyEvents', events: 1 },
    { kind: 'everySeconds', seconds: 0.001 },
    { kind: 'manual' },
  ])('gets no checkpoint any more, by whomever: $kind', async (checkpoint) => {
    const { accepting, reported, written, told } = await lostAtWork(checkpoint);
    // This is how the SDK learns of it.
    await expect(accepting).rejects.toMatchObject({ code: 'ReceiverDisconnectedError' });
    expect(written).toEqual([]);
    expect(reported).toEqual([]);
    expect(told).toEqual(['at work: ownershipLost', 'OwnershipLost', 'at the close: ownershipLost']);
  });
});
