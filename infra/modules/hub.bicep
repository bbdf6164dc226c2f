// A new hub with the two routes that the app lives on.
param location string

@minLength(3)
@maxLength(50)
param name string

@allowed(['S1', 'S2', 'S3'])
param sku string

@minValue(1)
@maxValue(200)
param units int

@minValue(1)
@maxValue(32)
param partitions int

@minValue(1)
@maxValue(7)
param retentionInDays int

@description('Namespace of the routes, in the other region.')
param routesNamespace string
param routesResourceGroup string
param routesEventHub string

param tags object

// User-assigned, because its role must be there before the hub that uses it.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-${name}'
  location: location
  tags: tags
}

module sender 'routes-sender.bicep' = {
  name: 'routes-${uniqueString(name)}'
  scope: resourceGroup(routesResourceGroup)
  params: {
    namespaceName: routesNamespace
    eventHub: routesEventHub
    principalId: identity.properties.principalId
  }
}

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, capacity: units }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    minTlsVersion: '1.2'
    // Without it there is no hub failover: Brazil South and Southeast Asia may set it to true by themselves.
    enableDataResidency: false
    eventHubEndpoints: {
      events: { partitionCount: partitions, retentionTimeInDays: retentionInDays }
    }
    authorizationPolicies: [
      // The right to read the built-in endpoint, and no other: the key of this policy is the one secret in Key Vault.
      { keyName: 'telemetry-reader', rights: 'ServiceConnect' }
    ]
    routing: {
      endpoints: {
        eventHubs: [
          {
            name: 'standby'
            authenticationType: 'identityBased'
            identity: { userAssignedIdentity: identity.id }
            endpointUri: 'sb://${routesNamespace}.servicebus.windows.net'
            entityPath: routesEventHub
            resourceGroup: routesResourceGroup
            subscriptionId: subscription().subscriptionId
          }
        ]
      }
      routes: [
        { name: 'twins', source: 'TwinChangeEvents', condition: 'true', endpointNames: ['standby'], isEnabled: true }
        {
          name: 'lifecycle'
          source: 'DeviceLifecycleEvents'
          condition: 'true'
          endpointNames: ['standby']
          isEnabled: true
        }
      ]
      fallbackRoute: {
        name: '$fallback'
        source: 'DeviceMessages'
        condition: 'true'
        endpointNames: ['events']
        isEnabled: true
      }
    }
  }
  dependsOn: [sender]
}

output name string = hub.name
