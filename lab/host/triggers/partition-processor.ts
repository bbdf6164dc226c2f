import type { PartitionContext, ReceivedEventData } from '@azure/event-hubs';
import type { RegisteredFunction } from '../core-state.js';
import { textOption, triggerOf } from '../load-app.js';
import { runWithRetry } from '../retry.js';
import type { TriggerContext } from '../trigger.js';
import { toEventHubInput } from './event-hub-input.js';
import { eventHubMetadata } from './event-hub-metadata.js';

export interface PartitionProcessor {
  /** Runs the function on a batch, with its retry policy, and writes the checkpoint afterwards. Never rejects. */
  process(events: readonly ReceivedEventData[], partition: PartitionContext): Promise<void>;
  /** The partition is another reader's: what still runs writes no checkpoint and is not tried again; nothing new begins. */
  ownershipLost(): void;
  readonly owned: boolean;
}

/**
 * Batches of one partition, one after another. The checkpoint is written whether the function succeeded or not, after its
 * retry policy has come to an end, every `batchCheckpointFrequency`-th batch; not when the host is stopping or the ownership
 * was lost, which ends a retry policy too. Source: Microsoft.Azure.WebJobs.Extensions.EventHubs, EventHubListener.PartitionProcessor
 * (`_ownershipLostTokenSource`).
 */
export function createPartitionProcessor(target: RegisteredFunction, context: TriggerContext): PartitionProcessor {
  const trigger = triggerOf(target);
  const { name, retryOptions } = target.metadata;
  const many = textOption(trigger, 'cardinality') === 'many';
  const dataType = textOption(trigger, 'dataType');
  const { batchCheckpointFrequency } = context.config.eventHubs;
  const { invoker, log, stopping } = context;
  let batches = 0;
  const lost = new AbortController();

  const run = (events: readonly ReceivedEventData[], partition: PartitionContext, checkpointing: boolean) =>
    runWithRetry(
      name,
      retryOptions,
      async (retryContext) => {
        const data = inputOrLog(events);
        const triggerMetadata = eventHubMetadata(events, partition, { many, checkpointing });
        await invoker.invoke(target, {
          data,
          triggerMetadata,
          ...(retryContext === undefined ? {} : { retryContext }),
        });
      },
      { signal: AbortSignal.any([stopping, lost.signal]), log },
    );

  const inputOrLog = (events: readonly ReceivedEventData[]) => {
    try {
      return toEventHubInput(events, many, dataType);
    } catch (error) {
      // The handler never runs, so the invoker has nothing to log.
      log(`Executed '${name}' (Failed before the handler: ${String(error)})`);
      throw error;
    }
  };

  return {
    ownershipLost: () => lost.abort(),
    get owned() {
      return !lost.signal.aborted;
    },
    async process(events, partition) {
      const last = events.at(-1);
      if (last === undefined) return;
      const mayCheckpoint = (): boolean => !lost.signal.aborted && !stopping.aborted;
      batches += 1;
      const checkpointing = batches % batchCheckpointFrequency === 0;
      const calls = many ? [events] : events.map((event) => [event]);
      for (const call of calls) {
        if (!mayCheckpoint()) return;
        await run(call, partition, checkpointing);
      }
      if (!checkpointing || !mayCheckpoint()) return;
      try {
        await partition.updateCheckpoint(last);
      } catch (error) {
        log(`No checkpoint for partition ${partition.partitionId} of '${name}': ${String(error)}`);
      }
    },
  };
}
