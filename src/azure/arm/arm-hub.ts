import { createHash, timingSafeEqual } from 'node:crypto';
import { IotHubClient } from '@azure/arm-iothub';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import type { HubArmPort } from '../../failover/ports.js';
import { withinDeadline } from '../deadline.js';
import { translateArmError } from './arm-errors.js';

export interface ArmHubOptions {
  resource: { subscriptionId: string; resourceGroup: string; name: string };
  /** `https://management.azure.com`; another one in sovereign clouds, where tokens are for that one too. */
  endpoint: string;
  credential: TokenCredential;
}

/** ARM's name of the built-in endpoint. */
const EVENTS = 'events';

const hubSchema = z.object({
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

function toReading(answer: unknown): Awaited<ReturnType<HubArmPort['read']>> {
  const hub = hubSchema.safeParse(answer);
  if (!hub.success)
    throw new AppError('armBadAnswer', 'read hub: not what ARM promises', { retryable: true, cause: hub.error });
  const { state, locations, eventHubEndpoints, connectionProfile } = hub.data.properties;
  if (connectionProfile && connectionProfile.toLowerCase() !== 'classic')
    throw new AppError('profileNotSupported', 'read hub: its connection profile is not Classic', { retryable: true });
  const { endpoint, path, partitionIds } = eventHubEndpoints?.events ?? {};
  const hostName = hostOf(endpoint);
  return {
    kind: 'read',
    // Only this one name is relied upon: which others there are the service's documents do not say.
    active: state === undefined ? undefined : state.toLowerCase() === 'active',
    endpoint: hostName && path ? { hostName, eventHubName: path } : undefined,
    partitionIds: partitionIds ?? [],
    location: locations?.find(({ role }) => role?.toLowerCase() === 'primary')?.location,
  };
}

const digest = (text: string | undefined): Buffer =>
  createHash('sha256')
    .update(text ?? '')
    .digest();
const sameKey = (one: string | undefined, other: string): boolean =>
  one !== undefined && timingSafeEqual(digest(one), digest(other));

/** A hub's ARM resource by @azure/arm-iothub. No repetitions: the watch looks again anyway, and a deadline must mean what it says. */
export function createArmHub({ resource, endpoint, credential }: ArmHubOptions): HubArmPort {
  const { subscriptionId, resourceGroup, name } = resource;
  const client = new IotHubClient(credential, subscriptionId, { endpoint, retryOptions: { maxRetries: 0 } });
  const hubs = client.iotHubResource;

  const call = async <T>(what: string, timeoutInMs: number, run: (abortSignal: AbortSignal) => Promise<T>) => {
    const late = () => new AppError('armTimeout', `${what}: no answer in ${timeoutInMs} ms`, { retryable: true });
    try {
      return await withinDeadline(timeoutInMs, late, run);
    } catch (error) {
      throw translateArmError(what, error);
    }
  };

  return {
    read: ({ timeoutInMs }) =>
      call('read hub', timeoutInMs, async (abortSignal) =>
        toReading(await hubs.get(resourceGroup, name, { abortSignal })),
      ),
    listConsumerGroups: ({ timeoutInMs }) =>
      call('list consumer groups', timeoutInMs, async (abortSignal) => {
        const groups: string[] = [];
        for await (const group of hubs.listEventHubConsumerGroups(resourceGroup, name, EVENTS, { abortSignal }))
          if (group.name !== undefined) groups.push(group.name);
        return groups;
      }),
    createConsumerGroup: (group, { timeoutInMs }) =>
      call('create consumer group', timeoutInMs, async (abortSignal) => {
        // An empty body is refused (400): the name has to stand in it as well.
        const body = { properties: { name: group } };
        await hubs.createEventHubConsumerGroup(resourceGroup, name, EVENTS, group, body, { abortSignal });
      }),
    checkKey: (key, { timeoutInMs }) =>
      call('list keys', timeoutInMs, async (abortSignal) => {
        let verdict: 'valid' | 'stale' = 'stale';
        for await (const policy of hubs.listKeys(resourceGroup, name, { abortSignal })) {
          if (policy.keyName.toLowerCase() !== key.name.toLowerCase()) continue;
          if (!policy.rights.includes('ServiceConnect')) continue;
          if (sameKey(policy.primaryKey, key.key) || sameKey(policy.secondaryKey, key.key)) verdict = 'valid';
        }
        return verdict;
      }),
  };
}
