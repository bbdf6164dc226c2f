import { earliestEventPosition, EventHubConsumerClient } from '@azure/event-hubs';
import type { Lab } from '../contracts.js';
import { projectFile } from '../net/project-file.js';
import { forkManaged, type ManagedChild } from '../processes/managed-child.js';
import { consumerMessageSchema, type ConsumerStart, type Handled } from './consumer-messages.js';
import { createTally, type Tally } from './tally.js';

export const stableEventHub = 'telemetry';

/** Of one generation, by the hub's times and this machine's. */
export interface GenerationTimes {
  firstEnqueuedAt: number;
  /** When the event of `firstEnqueuedAt` was handled. */
  firstHandledAt: number;
  lastEnqueuedAt: number;
  events: number;
}

/** Those who read what the fleet sends: consumer processes on "./consumer", all one group. */
export interface Consumers {
  readonly tally: Tally;
  readonly generations: ReadonlyMap<number, GenerationTimes>;
  readonly errors: readonly string[];
  close(): Promise<void>;
}

const note = (generations: Map<number, GenerationTimes>, event: Handled): void => {
  const before = generations.get(event.generation);
  const isFirst = before === undefined || event.enqueuedAt < before.firstEnqueuedAt;
  generations.set(event.generation, {
    firstEnqueuedAt: isFirst ? event.enqueuedAt : before.firstEnqueuedAt,
    firstHandledAt: isFirst ? event.handledAt : before.firstHandledAt,
    lastEnqueuedAt: Math.max(before?.lastEnqueuedAt ?? 0, event.enqueuedAt),
    events: (before?.events ?? 0) + 1,
  });
};

export const startConsumers = async (lab: Lab, count: number, start: ConsumerStart): Promise<Consumers> => {
  const tally = createTally();
  const generations = new Map<number, GenerationTimes>();
  const errors: string[] = [];
  const onMessage = (message: unknown): void => {
    const parsed = consumerMessageSchema.parse(message);
    if (parsed.type === 'error') errors.push(parsed.text);
    if (parsed.type === 'handled')
      for (const event of parsed.events) {
        tally.add(event);
        note(generations, event);
      }
  };
  const isReady = (message: unknown): message is unknown =>
    consumerMessageSchema.safeParse(message).data?.type === 'ready';
  const children: ManagedChild[] = Array.from({ length: count }, () =>
    forkManaged(projectFile('dist/lab/rehearsal/consumer-main.js'), {
      env: { ...process.env, ...lab.description.env, REHEARSAL_CONSUMER: JSON.stringify(start) },
      execArgv: ['--disable-warning=DEP0040'],
      onMessage,
    }),
  );
  const close = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.close()));
  };
  try {
    await Promise.all(children.map((child) => child.waitForMessage(isReady)));
  } catch (error) {
    await close();
    throw error;
  }
  return { tally, generations, errors, close };
};

/** Reads the relay's stable Event Hub from its beginning, as any consumer of it would. */
export const readStableEventHub = (lab: Lab): { tally: Tally; close(): Promise<void> } => {
  const tally = createTally();
  const client = new EventHubConsumerClient('$Default', lab.namespace.connectionString, stableEventHub, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 300 },
  });
  const subscription = client.subscribe(
    {
      processEvents: (events) => {
        for (const { body } of events) tally.add(body as { deviceId: string; sequence: number });
        return Promise.resolve();
      },
      // The SDK goes on by itself; what it could not read would show in the account.
      processError: () => Promise.resolve(),
    },
    { startPosition: earliestEventPosition, maxBatchSize: 500, maxWaitTimeInSeconds: 1 },
  );
  return {
    tally,
    close: async () => {
      await subscription.close();
      await client.close();
    },
  };
};
