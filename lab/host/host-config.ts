import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { HostError } from './host-error.js';
import { parseTimeSpan } from './timespan.js';

const timeSpan = (fallback: string) => z.string().default(fallback).transform(parseTimeSpan);
const positive = (fallback: number) => z.coerce.number().int().positive().default(fallback);

// Defaults as in the extensions of bundle [4.*, 5.0.0): EventHubs 6, Storage queues 5, HTTP 3, DurableTask 3.
const extensionsSchema = z.object({
  http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
  eventHubs: z
    .object({
      maxEventBatchSize: positive(100),
      minEventBatchSize: positive(1),
      batchCheckpointFrequency: positive(1),
      prefetchCount: positive(300),
      initialOffsetOptions: z
        .object({
          type: z.enum(['fromStart', 'fromEnd', 'fromEnqueuedTime']).default('fromStart'),
          enqueuedTimeUtc: z.string().optional(),
        })
        .prefault({}),
    })
    .prefault({}),
  queues: z
    .object({
      maxPollingInterval: timeSpan('00:01:00'),
      visibilityTimeout: timeSpan('00:00:00'),
      batchSize: positive(16),
      newBatchThreshold: z.coerce.number().int().nonnegative().optional(),
      maxDequeueCount: positive(5),
      messageEncoding: z.enum(['base64', 'none']).default('base64'),
    })
    .prefault({}),
  durableTask: z
    .object({
      hubName: z.string().default('TestHubName'),
      maxConcurrentActivityFunctions: positive(10),
      storageProvider: z.object({ workItemQueueVisibilityTimeout: timeSpan('00:05:00') }).prefault({}),
    })
    .prefault({}),
});
const hostJsonSchema = z.object({
  version: z.literal('2.0').default('2.0'),
  extensions: extensionsSchema.prefault({}),
});

/** What the stand-in heeds of host.json: `extensions.http`, `.eventHubs`, `.queues`, `.durableTask`. Times in ms. */
export type HostConfig = z.infer<typeof extensionsSchema>;

type Tree = Record<string, unknown>;
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Sets `a:b:c` without regard to case, as .NET configuration does. */
function assign(tree: Tree, path: readonly string[], value: string): void {
  const [head, ...rest] = path;
  if (head === undefined) return;
  const name = Object.keys(tree).find((known) => known.toLowerCase() === head.toLowerCase()) ?? head;
  if (rest.length === 0) {
    tree[name] = value;
    return;
  }
  const next = tree[name];
  const child: Tree = isTree(next) ? next : {};
  tree[name] = child;
  assign(child, rest, value);
}

/**
 * host.json (an object, or its path) with the overrides `AzureFunctionsJobHost__a__b` of the settings. Throws `host.badHostJson`.
 * Source: learn.microsoft.com, "host.json reference", "Override host.json values".
 */
export async function readHostConfig(hostJson: object | string, settings: Record<string, string>): Promise<HostConfig> {
  const tree: unknown =
    typeof hostJson === 'string' ? JSON.parse(await readFile(hostJson, 'utf8')) : structuredClone(hostJson);
  if (!isTree(tree)) throw new HostError('host.badHostJson', 'host.json must be a JSON object.');
  for (const [name, value] of Object.entries(settings)) {
    const [first, ...path] = name.split('__');
    if (first?.toLowerCase() === 'azurefunctionsjobhost') assign(tree, path, value);
  }
  const parsed = hostJsonSchema.safeParse(tree);
  if (!parsed.success) throw new HostError('host.badHostJson', z.prettifyError(parsed.error));
  return parsed.data.extensions;
}
