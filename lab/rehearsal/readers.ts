import { earliestEventPosition, EventHubConsumerClient, type ReceivedEventData } from '@azure/event-hubs';
import { z } from 'zod';
import type { Lab } from '../contracts.js';
import { projectFile } from '../net/project-file.js';
import { forkManaged, type ManagedChild } from '../processes/managed-child.js';
import { consumerMessageSchema, type ConsumerStart } from './consumer-messages.js';
import { createReaderLog, type ReaderLog } from './reader-log.js';
import type { Numbered } from './tally.js';

export const stableEventHub = 'telemetry';

/** Those who read what the fleet sends: consumer processes on "./consumer", all one group. */
export interface Consumers {
  readonly log: ReaderLog;
  readonly errors: readonly string[];
  close(): Promise<void>;
}

export const startConsumers = async (lab: Lab, count: number, start: ConsumerStart): Promise<Consumers> => {
  const log = createReaderLog();
  const errors: string[] = [];
  const onMessage = (message: unknown): void => {
    const parsed = consumerMessageSchema.parse(message);
    if (parsed.type === 'error') errors.push(parsed.text);
    if (parsed.type === 'handled')
      for (const { handledAt, ...event } of parsed.events) log.add({ ...event, deliveredAt: handledAt });
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
  return { log, errors, close };
};

/** What the relay writes beside each message (docs/relay.md), all of it text. */
const relayedSchema = z.object({
  'relay-endpoint': z.string(),
  'relay-generation': z.coerce.number(),
  'relay-enqueued-time': z.coerce.date(),
});

/** Reads the relay's stable Event Hub from its beginning, as any consumer of it would. */
export const readStableEventHub = (lab: Lab): { log: ReaderLog; close(): Promise<void> } => {
  const log = createReaderLog();
  const client = new EventHubConsumerClient('$Default', lab.namespace.connectionString, stableEventHub, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 300 },
  });
  const note = ({ body, properties, enqueuedTimeUtc }: ReceivedEventData): void => {
    const { deviceId, sequence } = body as Numbered;
    const relayed = relayedSchema.parse(properties);
    log.add({
      deviceId,
      sequence,
      endpoint: relayed['relay-endpoint'],
      generation: relayed['relay-generation'],
      enqueuedAt: relayed['relay-enqueued-time'].getTime(),
      deliveredAt: enqueuedTimeUtc.getTime(),
    });
  };
  const subscription = client.subscribe(
    {
      processEvents: async (events) => {
        for (const event of events) note(event);
      },
      // The SDK goes on by itself; what it could not read would show in the account.
      processError: () => Promise.resolve(),
    },
    { startPosition: earliestEventPosition, maxBatchSize: 500, maxWaitTimeInSeconds: 1 },
  );
  return {
    log,
    close: async () => {
      await subscription.close();
      await client.close();
    },
  };
};
