import type { EventHubHandler, InvocationContext } from '@azure/functions';
import { z } from 'zod';
import type { BatchContext } from '../twin/effects.js';
import type { RawTwinEvent } from '../twin/ports.js';
import { parseUtc } from '../utc-time.js';
import { runWithLog } from './invocation-log.js';

export interface TwinBatchHandler {
  replayBatch(events: RawTwinEvent[], context: BatchContext): Promise<void>;
}

/** 64-bit numbers come as { low, high, unsigned } from the worker's decoder, as numbers where they fit, or as text. */
const int64Schema = z.union([
  z.number().transform(String),
  z.string(),
  z
    .object({ low: z.number(), high: z.number() })
    .transform(({ low, high }) => String((BigInt(high) << 32n) | BigInt(low >>> 0))),
]);

const fieldsSchema = z.record(z.string(), z.unknown());

/** The host's metadata of a batch, read per event: its other arrays drop entries, so that their indexes don't match. */
const metadataSchema = z.object({
  partitionContext: z
    .object({
      partitionId: z.string(),
      eventHubName: z.string(),
      consumerGroup: z.string().optional(),
      fullyQualifiedNamespace: z.string().optional(),
    })
    .transform(({ partitionId, eventHubName, consumerGroup, fullyQualifiedNamespace: namespace }): BatchContext => ({
      partitionId,
      eventHubName,
      ...(consumerGroup !== undefined && { consumerGroup }),
      ...(namespace !== undefined && { namespace }),
    })),
  propertiesArray: z.array(fieldsSchema),
  systemPropertiesArray: z.array(fieldsSchema),
});

const toBytes = (body: unknown): Uint8Array =>
  body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? null));

/** Batch and metadata of an Event Hub trigger with cardinality many and dataType binary. */
export function decodeBatch(
  bodies: readonly unknown[],
  context: Pick<InvocationContext, 'triggerMetadata'>,
): { events: RawTwinEvent[]; partition: BatchContext } {
  const metadata = metadataSchema.parse(context.triggerMetadata);
  const events = bodies.map((body, index): RawTwinEvent => {
    const systemProperties = metadata.systemPropertiesArray[index] ?? {};
    const sequenceNumber = int64Schema.safeParse(systemProperties['sequenceNumber']);
    return {
      body: toBytes(body),
      properties: metadata.propertiesArray[index] ?? {},
      systemProperties,
      sequenceNumber: sequenceNumber.success ? sequenceNumber.data : `unknown-${index}`,
      enqueuedAt: parseUtc(systemProperties['enqueuedTimeUtc']),
    };
  });
  return { events, partition: metadata.partitionContext };
}

export const twinSyncHandler =
  (handler: TwinBatchHandler): EventHubHandler =>
  (messages, context) =>
    runWithLog(context, async () => {
      const { events, partition } = decodeBatch(Array.isArray(messages) ? messages : [messages], context);
      await handler.replayBatch(events, partition);
    });
