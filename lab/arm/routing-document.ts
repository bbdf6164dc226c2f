import type { MessageRoute } from '../contracts.js';
import type { ArmScope } from './arm-hub.js';

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Routes and their endpoints as RoutingProperties of the REST API. An endpoint has its event hub's name. */
export const routingDocument = (
  { subscriptionId, resourceGroup, namespaceUri }: ArmScope,
  routes: readonly MessageRoute[],
) => ({
  endpoints: {
    serviceBusQueues: [],
    serviceBusTopics: [],
    eventHubs: [...new Set(routes.map(({ eventHub }) => eventHub))].map((name) => ({
      name,
      id: name,
      endpointUri: namespaceUri,
      entityPath: name,
      authenticationType: 'keyBased',
      subscriptionId,
      resourceGroup,
    })),
    storageContainers: [],
  },
  routes: routes.map(({ source, eventHub }) => ({
    name: `${source}-${eventHub}`,
    source: capitalised(source),
    condition: 'true',
    endpointNames: [eventHub],
    isEnabled: true,
  })),
  fallbackRoute: {
    name: '$fallback',
    source: 'DeviceMessages',
    condition: 'true',
    endpointNames: ['events'],
    isEnabled: true,
  },
});
