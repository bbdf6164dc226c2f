import { createHash } from 'node:crypto';
import type { MessageRoute } from '../contracts.js';
import { resourceIdOf, type ArmHub, type ArmScope } from './arm-hub.js';
import { routingDocument } from './routing-document.js';

const etagOf = (properties: object): string =>
  createHash('sha256').update(JSON.stringify(properties)).digest().subarray(0, 8).toString('base64');

/** What a hub has that nobody set (recordings of @azure/arm-iothub, iothubresource_get_test). */
const unset = {
  ipFilterRules: [],
  storageEndpoints: { $default: { sasTtlAsIso8601: 'PT1H', connectionString: '', containerName: '' } },
  messagingEndpoints: {
    fileNotifications: { lockDurationAsIso8601: 'PT1M', ttlAsIso8601: 'PT1H', maxDeliveryCount: 10 },
  },
  enableFileUploadNotifications: false,
  cloudToDevice: {
    maxDeliveryCount: 10,
    defaultTtlAsIso8601: 'PT1H',
    feedback: { lockDurationAsIso8601: 'PT1M', ttlAsIso8601: 'PT1H', maxDeliveryCount: 10 },
  },
  features: 'None',
  publicNetworkAccess: 'Enabled',
  disableLocalAuth: false,
  disableDeviceSAS: false,
  disableModuleSAS: false,
  restrictOutboundNetworkAccess: false,
  minTlsVersion: '1.2',
  allowedFqdnList: [],
  rootCertificate: {},
};

/** Versions begin with their date, which grows as a text. */
const isSince = (apiVersion: string, date: string): boolean => apiVersion.slice(0, date.length) >= date;

/** azure-rest-api-specs, IoTHub/models.tsp: what newer versions show. */
const newerProperties = (apiVersion: string, { core }: ArmHub): object => ({
  ...(isSince(apiVersion, '2026-03-01') && {
    deviceHostName: core.deviceHostName,
    serviceHostName: core.serviceHostName,
    iotHubDetails: { gatewayVersion: 'V2' },
  }),
  ...(isSince(apiVersion, '2026-10-01') && { connectionProfile: 'Classic' }),
});

/** IotHubDescription of the REST API, as it is recorded of version 2021-07-02. */
export const hubDocument = (scope: ArmScope, hub: ArmHub, apiVersion: string, routes: readonly MessageRoute[]) => {
  const { core, failover } = hub;
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
    routing: routingDocument(scope, routes),
    ...unset,
    ...newerProperties(apiVersion, hub),
  };
  return {
    id: resourceIdOf(scope, core.name),
    name: core.name,
    type: 'Microsoft.Devices/IotHubs',
    location: failover.locations.find(({ role }) => role === 'primary')?.location ?? '',
    tags: {},
    subscriptionid: scope.subscriptionId,
    resourcegroup: scope.resourceGroup,
    etag: etagOf(properties),
    properties,
    sku: { name: 'S1', tier: 'Standard', capacity: 1 },
    identity: { type: 'None' },
    systemData: { createdAt: scope.createdAt },
  };
};
