import { z } from 'zod';
import type { Contents } from './contents.js';

/** A consumer writes its checkpoint after each batch: what may come again when a partition changes hands. */
export const consumerBatchSize = 50;

/** What a consumer process is told, in its environment. */
export const consumerStartSchema = z.object({
  app: z.object({ url: z.string(), key: z.string(), progressKey: z.string(), pollInMs: z.number() }),
  hub: z.string(),
  sharedKey: z.object({ name: z.string(), key: z.string() }),
  consumerGroup: z.string(),
  storage: z.string(),
});
export type ConsumerStart = z.infer<typeof consumerStartSchema>;

/** One handled event, as the process tells its parent: times in milliseconds since 1970. */
const handledSchema = z.object({
  deviceId: z.string(),
  sequence: z.number(),
  endpoint: z.string(),
  generation: z.number(),
  partitionId: z.string(),
  enqueuedAt: z.number(),
  handledAt: z.number(),
  contents: z.object({
    body: z.string(),
    properties: z.string(),
    systemProperties: z.string(),
  }) satisfies z.ZodType<Contents>,
});
export type Handled = z.infer<typeof handledSchema>;

export const consumerMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** A partition of a generation is read by this process from now on. */
  z.object({ type: z.literal('opened'), generation: z.number(), partitionId: z.string() }),
  z.object({ type: z.literal('unidentified'), messages: z.number() }),
  z.object({ type: z.literal('handled'), events: z.array(handledSchema) }),
  z.object({ type: z.literal('error'), text: z.string() }),
]);
export type ConsumerMessage = z.infer<typeof consumerMessageSchema>;
