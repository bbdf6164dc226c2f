// DeviceCreated and DeviceDeleted of one hub to `registrySync` of the app in the other region.
param location string
param hubName string
param appName string
param appResourceGroup string

@description('Account of the app\'s region: dead letters go to its container event-grid-dead-letters.')
param storageName string

param tags object

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' existing = {
  name: hubName
}

resource app 'Microsoft.Web/sites@2024-04-01' existing = {
  name: appName
  scope: resourceGroup(appResourceGroup)
}

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
  scope: resourceGroup(appResourceGroup)
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-events-${hubName}'
  location: location
  tags: tags
}

module deadLetters 'dead-letter-access.bicep' = {
  name: 'dead-letters-${uniqueString(hubName)}'
  scope: resourceGroup(appResourceGroup)
  params: {
    storageName: storageName
    principalId: identity.properties.principalId
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: 'evgt-${hubName}'
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    source: hub.id
    topicType: 'Microsoft.Devices.IoTHubs'
  }
}

resource registrySync 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: 'registry-sync'
  properties: {
    eventDeliverySchema: 'EventGridSchema'
    destination: {
      endpointType: 'AzureFunction'
      properties: {
        resourceId: '${app.id}/functions/registrySync'
        maxEventsPerBatch: 1
        preferredBatchSizeInKilobytes: 64
      }
    }
    filter: {
      includedEventTypes: ['Microsoft.Devices.DeviceCreated', 'Microsoft.Devices.DeviceDeleted']
    }
    // The longest that there is: an app that is away for a day misses no hint.
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 }
    deadLetterWithResourceIdentity: {
      identity: { type: 'UserAssigned', userAssignedIdentity: identity.id }
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: { resourceId: storage.id, blobContainerName: 'event-grid-dead-letters' }
      }
    }
  }
  dependsOn: [deadLetters]
}
