import { z } from 'zod';
import { AppError } from '../../errors.js';
import type { HubReading } from '../../failover/snapshot.js';

interface Resource {
  subscriptionId: string;
  resourceGroup: string;
  name: string;
}

/** IotHubDescription of the REST API 2023-06-30, as far as the watch needs it. */
const hubSchema = z.object({
  id: z.string().optional(),
  name: z.string(),
  properties: z.object({
    /** From 2026-10-01-preview on: `Classic` or `MqttV5`. Absent in older versions of the API. */
    connectionProfile: z.string().nullish(),
    state: z.string().optional(),
    locations: z.array(z.object({ location: z.string().optional(), role: z.string().optional() })).optional(),
    eventHubEndpoints: z
      .object({
        events: z
          .object({
            endpoint: z.string().optional(),
            path: z.string().optional(),
            partitionIds: z.array(z.string()).optional(),
          })
          .optional(),
      })
      .optional(),
  }),
});

/** `sb://iothub-ns-....servicebus.windows.net/` -> the host name. */
const hostOf = (endpoint: string | undefined): string | undefined =>
  /^sb:\/\/([^/:]+)/i.exec(endpoint ?? '')?.[1]?.toLowerCase();

/** ARM compares ids and names without case ("Azure Resource Manager", naming). */
const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** An answer without an id is judged by its name alone. */
const isAbout = ({ id, name }: z.infer<typeof hubSchema>, asked: Resource): boolean => {
  const { subscriptionId, resourceGroup } = asked;
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  const path = `${group}/providers/Microsoft.Devices/IotHubs/${asked.name}`;
  return isSame(name, asked.name) && (id === undefined || isSame(id, path));
};

/** What ARM's answer shows of the hub that was asked for. Throws AppError armBadAnswer, also where it is about
 * another hub, and profileNotSupported. */
export function readingOf(answer: unknown, asked: Resource): Extract<HubReading, { kind: 'read' }> {
  const hub = hubSchema.safeParse(answer);
  if (!hub.success)
    throw new AppError('armBadAnswer', 'read hub: not what ARM promises', { retryable: true, cause: hub.error });
  if (!isAbout(hub.data, asked))
    throw new AppError('armBadAnswer', 'read hub: the answer is about another hub', { retryable: true });
  const { state, locations, eventHubEndpoints, connectionProfile } = hub.data.properties;
  if (connectionProfile && !isSame(connectionProfile, 'classic'))
    throw new AppError('profileNotSupported', 'read hub: its connection profile is not Classic', { retryable: true });
  const { endpoint, path, partitionIds } = eventHubEndpoints?.events ?? {};
  const hostName = hostOf(endpoint);
  return {
    kind: 'read',
    // Only this one name is relied upon: which others there are the service's documents do not say. An empty one is no state.
    active: state === undefined || state.trim() === '' ? undefined : isSame(state.trim(), 'active'),
    endpoint: hostName && path ? { hostName, eventHubName: path } : undefined,
    partitionIds: partitionIds ?? [],
    location: locations?.find(({ role }) => role?.toLowerCase() === 'primary')?.location,
  };
}
