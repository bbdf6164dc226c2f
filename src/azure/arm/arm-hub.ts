import { createHash, timingSafeEqual } from 'node:crypto';
import { IotHubClient } from '@azure/arm-iothub';
import type { TokenCredential } from '@azure/identity';
import type { HubArmPort } from '../../failover/ports.js';
import { callArm } from './arm-call.js';
import { readingOf } from './hub-document.js';

export interface ArmHubOptions {
  resource: { subscriptionId: string; resourceGroup: string; name: string };
  /** `https://management.azure.com`; another one in sovereign clouds, where tokens are for that one too. */
  endpoint: string;
  credential: TokenCredential;
}

/** ARM's name of the built-in endpoint. */
const EVENTS = 'events';

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

  return {
    read: ({ timeoutInMs }) =>
      callArm('read hub', timeoutInMs, async (abortSignal) =>
        readingOf(await hubs.get(resourceGroup, name, { abortSignal }), resource),
      ),
    listConsumerGroups: ({ timeoutInMs }) =>
      callArm('list consumer groups', timeoutInMs, async (abortSignal) => {
        const groups: string[] = [];
        for await (const group of hubs.listEventHubConsumerGroups(resourceGroup, name, EVENTS, { abortSignal }))
          if (group.name !== undefined) groups.push(group.name);
        return groups;
      }),
    createConsumerGroup: (group, { timeoutInMs }) =>
      callArm('create consumer group', timeoutInMs, async (abortSignal) => {
        // An empty body is refused (400): the name has to stand in it as well.
        const body = { properties: { name: group } };
        await hubs.createEventHubConsumerGroup(resourceGroup, name, EVENTS, group, body, { abortSignal });
      }),
    checkKey: (key, { timeoutInMs }) =>
      callArm('list keys', timeoutInMs, async (abortSignal) => {
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
