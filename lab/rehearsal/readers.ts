import { earliestEventPosition, EventHubConsumerClient, type ReceivedEventData } from '@azure/event-hubs';
import { z } from 'zod';
import type { Lab } from '../contracts.js';
import { projectFile } from '../net/project-file.js';
import { forkManaged, type ManagedChild } from '../processes/managed-child.js';
import { consumerMessageSchema, type ConsumerStart } from './consumer-messages.js';
import { contentsOf } from './contents.js';
import { identify } from './identify.js';
import { rawOfRelay } from './raw-message.js';
import { createReaderLog, type ReaderLog } from './reader-log.js';

export const stableEventHub = 'telemetry';

/** Those who read what the fleet sends: consumer processes on "./consumer", all one group. */
export interface Consumers {
  readonly log: ReaderLog;
  readonly errors: readonly string[];
  /** How often each partition was taken up: `generation partitionId`. Once more than before: it changed hands. */
  readonly opened: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export const startConsumers = async (lab: Lab, count: number, start: ConsumerStart): Promise<Consumers> => {
  const log = createReaderLog();
  const errors: string[] = [];
  const opened = new Map<string, number>();
  const onMessage = (message: unknown): void => {
    const parsed = consumerMessageSchema.parse(message);
    if (parsed.type === 'error') errors.push(parsed.text);
    if (parsed.type === 'unidentified') log.addUnidentified(parsed.messages);
    if (parsed.type === 'opened') {
      const place = `${parsed.generation} ${parsed.partitionId}`;
      opened.set(place, (opened.get(place) ?? 0) + 1);
    }
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
  return { log, errors, opened, close };
};

/** What the relay writes beside each message (docs/relay.md), all of it text. */
const relayedSchema = z.object({
  'relay-endpoint': z.string(),
  'relay-generation': z.coerce.number(),
  'relay-partition': z.string(),
  'relay-enqueued-time': z.coerce.date(),
});

/** Reads the relay's stable Event Hub from its beginning, as any consumer of it would. */
export const readStableEventHub = (lab: Lab, eventHub = stableEventHub): { log: ReaderLog; close(): Promise<void> } => {
  const log = createReaderLog();
  const client = new EventHubConsumerClient('$Default', lab.namespace.connectionString, eventHub, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 300 },
  });
  const note = (event: ReceivedEventData): void => {
    const raw = rawOfRelay(event);
    const message = identify(raw);
    if (message === undefined) return log.addUnidentified(1);
    // Without these a message counts as received, from nowhere; that the properties are gone is found by what was sent.
    const relayed = relayedSchema.safeParse(event.properties).data;
    log.add({
      ...message,
      endpoint: relayed?.['relay-endpoint'] ?? 'unknown',
      generation: relayed?.['relay-generation'] ?? 0,
      partitionId: relayed?.['relay-partition'] ?? 'unknown',
      enqueuedAt: relayed?.['relay-enqueued-time'].getTime() ?? 0,
      deliveredAt: event.enqueuedTimeUtc.getTime(),
      contents: contentsOf(raw),
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
    { startPosition: earliestEventPosition, maxBatchSize: 500, maxWaitTimeInSeconds: 1, skipParsingBodyAsJson: true },
  );
  return {
    log,
    close: async () => {
      await subscription.close();
      await client.close();
    },
  };
};
