import { z } from 'zod';
import { createInFlight } from '../in-flight.js';
import type { HostLog } from '../invoke.js';
import type { TaskAddress, TaskOutcome } from './contract.js';
import { pollUntil, type Claimed, type HubQueue } from './hub-queue.js';

/** One activity to run. `input`: JSON text. */
export type WorkItem = TaskAddress & { name: string; input?: string | undefined };

const workItemSchema: z.ZodType<WorkItem> = z.object({
  instanceId: z.string(),
  executionId: z.string(),
  taskId: z.number(),
  name: z.string(),
  input: z.string().optional(),
});

interface WorkItemsOptions {
  queue: HubQueue;
  /** extensions.durableTask.storageProvider.workItemQueueVisibilityTimeout: a dead host's activity is free after it. */
  visibilityInMs: number;
  /** extensions.durableTask.maxConcurrentActivityFunctions */
  maxConcurrent: number;
  /** Whether other hosts take from the queue: then each activity is for the one that comes first. */
  isShared(): boolean;
  run(item: WorkItem): Promise<TaskOutcome>;
  done(item: WorkItem, outcome: TaskOutcome): Promise<void>;
  signal: AbortSignal;
  log: HostLog;
}

const pollInMs = 150;

/**
 * The work-item queue: any host of the task hub runs what is in it. A host that is alone takes what it puts there without waiting for its
 * own poll; several compete, and each takes one at a time, so that all get their turn.
 */
export function createWorkItems(options: WorkItemsOptions) {
  const { queue, maxConcurrent, signal, log } = options;
  const visibilityInSeconds = Math.max(1, Math.ceil(options.visibilityInMs / 1000));
  const running = createInFlight();
  let slots = maxConcurrent;

  const work = async (claimed: Claimed): Promise<void> => {
    const item = workItemSchema.parse(JSON.parse(claimed.text));
    let keeping = Promise.resolve();
    const keeper = setInterval(
      () => {
        keeping = queue.keep(claimed, visibilityInSeconds).then(
          (kept) => (kept ? undefined : log(`Durable: activity '${item.name}' is another host's by now`)),
          (error: unknown) => log(`Durable: activity '${item.name}' could not be kept: ${String(error)}`),
        );
      },
      (visibilityInSeconds * 1000) / 2,
    );
    try {
      const outcome = await options.run(item);
      clearInterval(keeper);
      await options.done(item, outcome);
      await keeping;
      await queue.drop(claimed);
    } finally {
      clearInterval(keeper);
    }
  };

  /** The slot was taken before. */
  const begin = (claimed: Claimed): void => {
    running.add(
      work(claimed)
        .catch((error: unknown) => {
          if (!signal.aborted) log(`Durable: a work item failed and comes back: ${String(error)}`);
        })
        .finally(() => {
          slots += 1;
        }),
    );
  };

  const poll = async (): Promise<boolean> => {
    const shared = options.isShared();
    const count = Math.min(slots, shared ? 1 : 32);
    if (count <= 0) return false;
    slots -= count;
    let claimed: Claimed[] = [];
    try {
      claimed = await queue.receive(count, visibilityInSeconds);
    } finally {
      slots += count - claimed.length;
    }
    for (const one of claimed) begin(one);
    return claimed.length > 0 && !shared;
  };

  return {
    /** Resolves when it cannot be lost any more. */
    async dispatch(item: WorkItem): Promise<void> {
      const text = JSON.stringify(item);
      if (slots <= 0 || options.isShared() || signal.aborted) {
        await queue.send(text);
        return;
      }
      slots -= 1;
      try {
        begin(await queue.send(text, visibilityInSeconds));
      } catch (error) {
        slots += 1;
        throw error;
      }
    },
    poll: () => pollUntil(signal, { everyInMs: pollInMs, what: 'the work-item queue', log }, poll),
    drained: (limitInMs: number) => running.drained(limitInMs),
  };
}
