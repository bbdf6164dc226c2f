import { z } from 'zod';
import { AppError } from '../errors.js';
import type { CheckpointPolicy, FailoverEventProcessorOptions } from './contract.js';

/** Options with their defaults. All times in milliseconds but `maxWaitTimeInSeconds`, which goes to the SDK as it is. */
export type SettledOptions = Required<FailoverEventProcessorOptions>;

const count = z.number().int().min(1);
const numbersSchema = z.object({
  consumerGroup: z.string().min(1),
  consumer: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'letters, digits, point, dash and underscore, at most 64'),
  firstGenerationStart: z.enum(['earliest', 'latest']),
  maxBatchSize: count,
  maxWaitTimeInSeconds: z.number().positive(),
  prefetchCount: count,
  maxAttempts: count,
  // Below 1 an event of the same millisecond as the last one would be passed over.
  overlapInMs: z.number().min(1),
  silenceLimitInMs: z.number().min(100),
  balanceIntervalInMs: z.number().min(50),
  ownershipExpiresInMs: z.number().min(500),
  checkpoint: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('eachBatch') }),
    z.object({ kind: z.literal('everyEvents'), events: count }),
    z.object({ kind: z.literal('everySeconds'), seconds: z.number().positive() }),
    z.object({ kind: z.literal('manual') }),
  ]),
});

const eachBatch: CheckpointPolicy = { kind: 'eachBatch' };

/** Throws AppError `invalidSettings` that names every bad option. */
export function settleOptions(options: FailoverEventProcessorOptions): SettledOptions {
  const maxBatchSize = options.maxBatchSize ?? 500;
  const settled: SettledOptions = {
    consumer: options.consumerGroup.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 64),
    firstGenerationStart: 'latest',
    maxBatchSize,
    maxWaitTimeInSeconds: 5,
    emptyBatches: false,
    prefetchCount: 3 * maxBatchSize,
    skipParsingBodyAsJson: false,
    checkpoint: eachBatch,
    maxAttempts: 3,
    overlapInMs: 1000,
    silenceLimitInMs: 20_000,
    balanceIntervalInMs: 2000,
    ownershipExpiresInMs: 15_000,
    ...definedOnly(options),
  };
  const checked = numbersSchema.safeParse(settled);
  const problems = checked.success
    ? []
    : checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  // An owner that renews later than its claim lasts loses its partitions to itself.
  if (settled.ownershipExpiresInMs < 2 * settled.balanceIntervalInMs)
    problems.push('ownershipExpiresInMs: at least twice balanceIntervalInMs');
  if (problems.length > 0)
    throw new AppError('invalidSettings', `options of the processor: ${problems.join('; ')}`, { retryable: false });
  return settled;
}

/** Without keys that are there but undefined: callers without exactOptionalPropertyTypes may pass them. */
function definedOnly(options: FailoverEventProcessorOptions): FailoverEventProcessorOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as FailoverEventProcessorOptions;
}
