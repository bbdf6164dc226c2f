import { consumerBatchSize } from './consumer-messages.js';
import type { Evidence } from './evidence.js';

const relayCheckpointInSeconds = 5;

/**
 * Of the relay: sentAgain + replaced * 5 s * devices * rate.
 * A relay that is killed repeats, of all partitions together, what came since the last checkpoint (docs/relay.md). Nothing else moves a partition here.
 */
export const relayBound = ({ options, replaced, sentAgain }: Evidence): number =>
  sentAgain + replaced * relayCheckpointInSeconds * options.devices * options.rate;

/**
 * Of the consumers: sentAgain + sum over generations and partitions of (opened - 1) * min(batch, handled).
 * A checkpoint follows each batch, so a partition that changes hands repeats one batch at the most (docs/consumers.md, "At least once"). How often it
 * did is what the processes themselves told; without that the bound would be as large as everything that was sent.
 */
export const consumersBound = ({ consumers, sentAgain }: Evidence): number => {
  const repeats = [...(consumers?.opened ?? [])].map(([place, opened]) => {
    const [generation, partitionId = ''] = place.split(' ');
    const handled = consumers?.log.eventsOf(Number(generation), partitionId) ?? 0;
    return Math.max(0, opened - 1) * Math.min(consumerBatchSize, handled);
  });
  return repeats.reduce((sum, each) => sum + each, sentAgain);
};
