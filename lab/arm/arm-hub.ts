import type { EndpointHealth, HubCore, HubRole, MessageRoute } from '../contracts.js';
import type { HubFailover } from '../hub-failover/contract.js';
import { gatewayError } from './arm-error.js';

/** A hub as Azure Resource Manager knows it. */
export interface ArmHub {
  core: Pick<HubCore, 'role' | 'name' | 'hostName' | 'deviceHostName' | 'serviceHostName' | 'sharedAccessPolicies'>;
  failover: HubFailover;
}

/** Where the laboratory's hubs are. */
export interface ArmScope {
  subscriptionId: string;
  resourceGroup: string;
  /** ISO 8601. */
  createdAt: string;
  /** `sb://...`, of the namespace to which routes lead. */
  namespaceUri: string;
  routesOf: (role: HubRole) => readonly MessageRoute[];
  endpointHealth: (role: HubRole) => EndpointHealth[];
}

/** ARM id of a hub. */
export const resourceIdOf = (
  { subscriptionId, resourceGroup }: Pick<ArmScope, 'subscriptionId' | 'resourceGroup'>,
  hubName: string,
): string =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/IotHubs/${hubName}`;

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Throws ArmError 404. */
export const findSubscription = (scope: ArmScope, asked: string): void => {
  if (!isSame(scope.subscriptionId, asked))
    throw gatewayError(404, 'SubscriptionNotFound', `The subscription '${asked}' could not be found.`);
};

/** Names are compared without case. Throws ArmError 404 with ARM's own words for what is not there. */
export const findHub = (
  scope: ArmScope,
  hubs: readonly ArmHub[],
  asked: { subscription: string; group: string; hub: string },
): ArmHub => {
  findSubscription(scope, asked.subscription);
  if (!isSame(scope.resourceGroup, asked.group))
    throw gatewayError(404, 'ResourceGroupNotFound', `Resource group '${asked.group}' could not be found.`);
  const found = hubs.find(({ core }) => isSame(core.name, asked.hub));
  if (found !== undefined) return found;
  const message = `The Resource 'Microsoft.Devices/IotHubs/${asked.hub}' under resource group '${asked.group}' was not found.`;
  throw gatewayError(404, 'ResourceNotFound', message);
};
