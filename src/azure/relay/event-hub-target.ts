import type { EventDataBatch, EventHubProducerClient } from '@azure/event-hubs';
import type { RelayMessage, RelayTargetPort, TargetBatch } from '../../relay/ports.js';
import { isUnclear, refused, toTargetError } from './target-errors.js';

export interface EventHubTargetOptions {
  /** A new client for the Event Hub; how it signs in is the caller's. */
  connect: (options: typeof clientOptions) => EventHubProducerClient;
  /** Errors of closing a client that was given up. */
  onError: (error: unknown) => void;
}

/**
 * One attempt, for the forwarder repeats with a pace and a log of its own; the SDK would wait 30 s in silence. Nor does it fail a send whose
 * connection broke: that one waits for the whole time limit, and is sent again, so that its messages may be there twice.
 */
const clientOptions = { retryOptions: { maxRetries: 0, retryDelayInMs: 200, timeoutInMs: 5_000 } };
/** A connection into a black hole is noticed by the SDK after 120 s only: a new client is made sooner. */
const FAILURES_BEFORE_NEW_CLIENT = 3;

interface SdkBatch extends TargetBatch {
  readonly partitionId: string;
  readonly batch: EventDataBatch;
}

const wrapBatch = (partitionId: string, batch: EventDataBatch): SdkBatch => ({
  partitionId,
  batch,
  tryAdd: (message: RelayMessage) => {
    try {
      return batch.tryAdd(message);
    } catch (error) {
      throw refused('adding', error);
    }
  },
});

/** The relay's target through the SDK. Opens no connection before the first call. */
export function createEventHubTarget({ connect, onError }: EventHubTargetOptions): RelayTargetPort {
  let client: EventHubProducerClient | undefined;
  let failures = 0;
  let ids: readonly string[] | undefined;

  const giveUp = (): void => {
    client?.close().catch(onError);
    client = undefined;
    failures = 0;
  };
  const call = async <T>(
    what: string,
    abortSignal: AbortSignal,
    work: (client: EventHubProducerClient) => Promise<T>,
  ): Promise<T> => {
    const used = (client ??= connect(clientOptions));
    try {
      const result = await work(used);
      failures = 0;
      return result;
    } catch (error) {
      abortSignal.throwIfAborted();
      failures += 1;
      if (failures >= FAILURES_BEFORE_NEW_CLIENT && used === client) giveUp();
      throw toTargetError(what, error);
    }
  };

  return {
    partitionIds: async ({ abortSignal }) =>
      (ids ??= await call('partitions', abortSignal, async (current) =>
        [...(await current.getPartitionIds({ abortSignal }))].sort((a, b) => Number(a) - Number(b)),
      )),
    openBatch: (partitionId, { abortSignal }) =>
      call('batch', abortSignal, async (current) =>
        wrapBatch(partitionId, await current.createBatch({ partitionId, abortSignal })),
      ),
    send: (batch, { abortSignal }) =>
      call('send', abortSignal, async (current) => {
        const { batch: sdkBatch, partitionId } = batch as SdkBatch;
        try {
          await current.sendBatch(sdkBatch, { abortSignal });
        } catch (error) {
          abortSignal.throwIfAborted();
          if (!isUnclear(error)) throw error;
          await current.getPartitionProperties(partitionId, { abortSignal });
          throw refused('send', error);
        }
      }),
    close: async () => {
      const last = client;
      client = undefined;
      await last?.close();
    },
  };
}
