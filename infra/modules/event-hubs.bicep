// What the hubs' routes and the relay write into. Entra ID only: no SAS key opens this namespace.
param location string

@minLength(6)
@maxLength(50)
param name string

param eventHubs string[]

@minValue(1)
@maxValue(32)
param partitions int

@description('Above HOLD_LIMIT_SECONDS: a partition may wait so long before its changes become dirty marks.')
@minValue(1)
@maxValue(7)
param retentionInDays int

@minValue(1)
@maxValue(40)
param throughputUnits int

@description('The identity of the app of this region.')
param principalId string

param tags object

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard', capacity: throughputUnits }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    isAutoInflateEnabled: true
    maximumThroughputUnits: 40
  }
}

resource hubs 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' = [
  for eventHub in eventHubs: {
    parent: namespace
    name: eventHub
    properties: {
      partitionCount: partitions
      retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: retentionInDays * 24 }
    }
  }
]

// A group of its own for the app: $Default stays free for a person who looks.
resource consumerGroups 'Microsoft.EventHub/namespaces/eventhubs/consumergroups@2024-01-01' = [
  for (eventHub, index) in eventHubs: {
    parent: hubs[index]
    name: 'standby'
  }
]

var appRoles = [
  // Azure Event Hubs Data Receiver: twinSync reads the hubs' changes.
  'a638d3c7-ab3a-418d-83e6-5f17a39d4fde'
  // Azure Event Hubs Data Sender: the relay writes telemetry into `telemetry`.
  '2b629674-e913-4c01-ae53-ef4638d8f975'
]

resource appAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in appRoles: {
    name: guid(namespace.id, principalId, role)
    scope: namespace
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]
