import type { CheckpointStore, ReceivedEventData } from '@azure/event-hubs';
import { ContainerClient } from '@azure/storage-blob';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { StartedNamespace } from '../../../lab/event-hubs/namespace.js';
import type {
  FailoverEventProcessorOptions,
  GenerationSource,
  GenerationsView,
  ProcessorCloseReason,
  ProcessorHandlers,
} from '../../../src/consumer/contract.js';
import type { FailoverStage, Generation, Progress } from '../../../src/consumers-document.js';
import { memoryLastSeenStore } from '../../../src/consumer/last-seen-memory.js';
import { createProcessor, type ProcessorInternals } from '../../../src/consumer/processor.js';
import { aTwinChange } from './event-hubs.js';

export const eventHubName = 'hub-events';
const firstStart = new Date('2026-01-01T00:00:00Z').toISOString();

/** `127.0.0.1:port`: what stands for the host name of a namespace in emulator form. */
export const hostOf = (namespace: StartedNamespace): string => `127.0.0.1:${namespace.port}`;

export const aGeneration = (
  number: number,
  namespace: StartedNamespace,
  more: Partial<Generation> = {},
): Generation => ({
  number,
  endpoint: { hostName: hostOf(namespace), eventHubName },
  state: 'running',
  seenBefore: false,
  startedAt: firstStart,
  ...more,
});

/** Views as a test says them. */
export interface ToldSource extends GenerationSource {
  say(stage: FailoverStage, ...generations: Generation[]): void;
  readonly told: Progress[];
}

export const aSource = (): ToldSource => {
  const listeners = new Set<(view: GenerationsView) => void>();
  const told: Progress[] = [];
  let view: GenerationsView | undefined;
  return {
    told,
    say: (stage, ...generations) => {
      view = { hub: 'hub', revision: (view?.revision ?? 0) + 1, stage, generations };
      for (const listener of listeners) listener(view);
    },
    follow: async (listener, { signal }) => {
      listeners.add(listener);
      if (view !== undefined) listener(view);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      listeners.delete(listener);
    },
    tell: async (progress) => void told.push(progress),
  };
};

export const blobStores = async (connectionString: string) => {
  const container = new ContainerClient(connectionString, `c-${randomUUID()}`);
  await container.create();
  return { container, checkpointStore: new BlobCheckpointStore(container) as CheckpointStore };
};

interface Recorded {
  generation: number;
  partitionId: string;
  n: number;
  event: ReceivedEventData;
}

export interface Recorder extends ProcessorHandlers {
  readonly events: Recorded[];
  readonly closes: { generation: number; partitionId: string; reason: ProcessorCloseReason }[];
  readonly opened: string[];
  readonly parked: number[];
  readonly errors: unknown[];
  /** Numbers in order of arrival. */
  numbers(): number[];
  /** All numbers from 0 up to `count` were seen. */
  seesAll(count: number, options?: { timeout?: number }): Promise<void>;
}

export const numberOf = (event: ReceivedEventData): number => (event.body as { n: number }).n;

export const aRecorder = (more: Partial<ProcessorHandlers> = {}): Recorder => {
  const recorder: Recorder = {
    events: [],
    closes: [],
    opened: [],
    parked: [],
    errors: [],
    numbers: () => recorder.events.map(({ n }) => n),
    seesAll: async (count, { timeout = 30_000 } = {}) => {
      await vi.waitUntil(() => new Set(recorder.numbers()).size >= count, { timeout, interval: 20 });
    },
    processInitialize: async ({ generation, partitionId }) => {
      recorder.opened.push(`${generation}/${partitionId}`);
      return undefined;
    },
    processEvents: async (events, { generation, partitionId }) => {
      for (const event of events) recorder.events.push({ generation, partitionId, n: numberOf(event), event });
    },
    processClose: async (reason, { generation, partitionId }) =>
      void recorder.closes.push({ generation, partitionId, reason }),
    processError: async (error) => void recorder.errors.push(error),
    onError: (error) => void recorder.errors.push(error),
    park: async (event) => void recorder.parked.push(numberOf(event)),
    ...more,
  };
  return recorder;
};

/** Short times: a test does not wait for what a production setting is for. */
export const quickOptions = {
  consumerGroup: '$Default',
  maxWaitTimeInSeconds: 0.5,
  balanceIntervalInMs: 200,
  ownershipExpiresInMs: 3000,
  silenceLimitInMs: 4000,
  firstGenerationStart: 'earliest',
} as const;

/** A processor on namespaces in emulator form. */
export const aProcessor = (
  namespaces: readonly StartedNamespace[],
  options: Pick<FailoverEventProcessorOptions, 'source' | 'handlers' | 'checkpointStore'> &
    Partial<FailoverEventProcessorOptions>,
  internals: Partial<ProcessorInternals> = {},
) =>
  createProcessor(
    { ...quickOptions, lastSeen: memoryLastSeenStore(), sharedKey: async () => keyOf(namespaces[0]), ...options },
    {
      tellIntervalInMs: 200,
      retryDelayInMs: 20,
      closeLimitInMs: 3000,
      connectionStringOf: ({ hostName, eventHubName: name }) => {
        const namespace = namespaces.find((candidate) => hostOf(candidate) === hostName);
        // Each emulated namespace has a key of its own; a real hub's namespaces share one.
        return namespace === undefined
          ? `Endpoint=sb://${hostName};SharedAccessKeyName=x;SharedAccessKey=x;UseDevelopmentEmulator=true;EntityPath=${name}`
          : `${namespace.connectionString};EntityPath=${name}`;
      },
      ...internals,
    },
  );

const keyOf = (namespace: StartedNamespace | undefined) => {
  const parts = new Map((namespace?.connectionString ?? '').split(';').map((part) => split(part)));
  return { name: parts.get('SharedAccessKeyName') ?? '', key: parts.get('SharedAccessKey') ?? '' };
};
const split = (part: string): [string, string] => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)];

/** Numbered messages, spread over devices and so over partitions. */
export const send = (namespace: StartedNamespace, from: number, to: number, devices = 16): void => {
  for (let n = from; n < to; n += 1)
    namespace.append(eventHubName, `d${n % devices}`, aTwinChange(`d${n % devices}`, { n }));
};

export const range = (to: number): number[] => Array.from({ length: to }, (_, index) => index);
export const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((left, right) => left - right);
