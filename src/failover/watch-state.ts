import { z } from 'zod';
import { consumersDocumentSchema } from '../consumers-document.js';

const { generations, history, schemaVersion, hub, revision, stage, since, reason, paused, keyState, noNews } =
  consumersDocumentSchema.shape;
const utcTime = z.iso.datetime();

/** Who told of an endpoint. What is not from ARM may be out of date: a setting, or the answer of a gateway that DNS still points to. */
const sourceSchema = z.enum(['arm', 'redirect', 'setting']);
export type EndpointSource = z.infer<typeof sourceSchema>;

const watchedGenerationSchema = generations.element.extend({
  source: sourceSchema,
  /** As ARM listed them; empty while only the redirect or a setting told of the endpoint. */
  partitionIds: z.array(z.string()),
  /** Events enqueued before this prove nothing: they lay there from an earlier stay on this namespace. */
  countsFrom: utcTime.optional(),
  /** What the app itself read of the endpoint's partitions. */
  ends: z
    .object({
      /** Of the last look that was answered. */
      at: utcTime.optional(),
      /** The endpoint did not answer: it is left alone until then. */
      askAgainAt: utcTime.optional(),
      /** `since`: the first look that showed this number. */
      partitions: z.array(
        z.object({
          partitionId: z.string(),
          last: z.number(),
          lastAt: utcTime.optional(),
          isEmpty: z.boolean(),
          since: utcTime,
        }),
      ),
    })
    .optional(),
  drainingSince: utcTime.optional(),
  stoppedAt: utcTime.optional(),
});
export type WatchedGeneration = z.infer<typeof watchedGenerationSchema>;

/**
 * What is stored of one watched hub: its document without positions, which have rows of their own, and what the watch has to
 * remember. It never holds a key.
 */
export const watchStateSchema = z.object({
  schemaVersion,
  hub,
  revision,
  stage,
  since,
  reason,
  paused,
  generations: z.array(watchedGenerationSchema).min(1),
  history,
  /** Of the last round that was stored, and of the last one in which ARM answered. */
  lookedAt: utcTime,
  armReadAt: utcTime.optional(),
  noNews,
  /** The last round that saw the hub Active with the endpoint of the newest generation. */
  steadyAt: utcTime.optional(),
  /** ARM's location with the role primary, then. */
  steadyLocation: z.string().optional(),
  /** The failover under way, or the last one, showed a hub that was not Active. */
  sawInactive: z.boolean(),
  /** Aborted while not Active: that alone begins no failover until the hub has been Active once. */
  ignoresInactive: z.boolean(),
  /** An endpoint that was left, seen again once in a place where a late answer is likelier than a failback. */
  doubt: z.string().optional(),
  /** `host/name` of each endpoint that was a generation's, the last ones; also of generations that are dropped. */
  seen: z.array(z.string()),
  keyState: keyState.unwrap(),
  /** What no failover may wait for: keys and consumer groups. `tryAt`: due then; the interval after each try. */
  upkeep: z.object({ tryAt: utcTime, doneAt: utcTime.optional(), lacks: z.array(z.string()) }),
});
export type WatchState = z.infer<typeof watchStateSchema>;

/** Equal for equal endpoints: neither host names (RFC 4343) nor Event Hubs' names differ by case. */
export const endpointText = (endpoint: { hostName: string; eventHubName: string }): string =>
  `${endpoint.hostName}/${endpoint.eventHubName}`.toLowerCase();
