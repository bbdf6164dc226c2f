import { createHash } from 'node:crypto';
import type { HubCore } from '../contracts.js';
import type { HubFailover } from '../hub-failover/contract.js';
import { gatewayError } from './arm-error.js';

/** A hub as Azure Resource Manager knows it. */
export interface ArmHub {
  core: Pick<HubCore, 'name' | 'hostName' | 'sharedAccessPolicies'>;
  failover: HubFailover;
}

/** Where the laboratory's hubs are. */
export interface ArmScope {
  subscriptionId: string;
  resourceGroup: string;
}

/** ARM id of a hub. */
export const resourceIdOf = ({ subscriptionId, resourceGroup }: ArmScope, hubName: string): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/IotHubs/${hubName}`;

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Names are compared without case. Throws ArmError 404 with ARM's own words for what is not there. */
export const findHub = (
  scope: ArmScope,
  hubs: readonly ArmHub[],
  asked: { subscription: string; group: string; hub: string },
): ArmHub => {
  if (!isSame(scope.subscriptionId, asked.subscription))
    throw gatewayError(404, 'SubscriptionNotFound', `The subscription '${asked.subscription}' could not be found.`);
  if (!isSame(scope.resourceGroup, asked.group))
    throw gatewayError(404, 'ResourceGroupNotFound', `Resource group '${asked.group}' could not be found.`);
  const found = hubs.find(({ core }) => isSame(core.name, asked.hub));
  if (found !== undefined) return found;
  const message = `The Resource 'Microsoft.Devices/IotHubs/${asked.hub}' under resource group '${asked.group}' was not found.`;
  throw gatewayError(404, 'ResourceNotFound', message);
};

const etagOf = (properties: object): string =>
  createHash('sha256').update(JSON.stringify(properties)).digest().subarray(0, 8).toString('base64');

/** IotHubDescription of the REST API 2023-06-30, without what nobody here has set. */
export const hubDocument = (scope: ArmScope, { core, failover }: ArmHub) => {
  const { hostName, eventHubName, partitionIds, retentionTimeInDays } = failover.endpoint;
  const properties = {
    locations: failover.locations,
    state: failover.state,
    provisioningState: 'Succeeded',
    hostName: core.hostName,
    eventHubEndpoints: {
      events: {
        retentionTimeInDays,
        partitionCount: partitionIds.length,
        partitionIds,
        path: eventHubName,
        endpoint: `sb://${hostName}/`,
      },
    },
    features: 'None',
  };
  return {
    id: resourceIdOf(scope, core.name),
    name: core.name,
    type: 'Microsoft.Devices/IotHubs',
    location: failover.locations.find(({ role }) => role === 'primary')?.location ?? '',
    tags: {},
    etag: etagOf(properties),
    properties,
    sku: { name: 'S1', tier: 'Standard', capacity: 1 },
  };
};
