// What one region has of its own: storage, and where an app runs also its namespace, vault, identity and monitoring.
import { Region } from 'types.bicep'

param location string
param environmentName string

@description('p or s: the region of the primary or of the secondary hub.')
@allowed(['p', 's'])
param regionKey string

param suffix string

@description('An app runs here. Without one there is only the storage that keeps the second copy of the routing document.')
param hasApp bool

@description('Event hubs of the namespace.')
param eventHubs string[]

@minValue(1)
@maxValue(32)
param partitions int

@minValue(1)
@maxValue(7)
param retentionInDays int

@minValue(1)
@maxValue(40)
param throughputUnits int

@allowed(['Standard_ZRS', 'Standard_LRS'])
param storageSku string

@secure()
param operatorKey string

@secure()
param progressKey string

param tags object

var storageAccountName = 'st${regionKey}${suffix}'
var eventHubsNamespaceName = 'evhns-${environmentName}-${regionKey}-${suffix}'
var keyVaultName = 'kv-${regionKey}-${suffix}'
var identityName = 'id-${environmentName}-${regionKey}-${suffix}'
var componentName = 'appi-${environmentName}-${regionKey}-${suffix}'
var logWorkspaceName = 'log-${environmentName}-${regionKey}-${suffix}'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: identityName
  location: location
  tags: tags
}

module storage 'storage.bicep' = {
  name: 'storage-${regionKey}'
  params: {
    location: location
    name: storageAccountName
    sku: storageSku
    principalId: hasApp ? identity.properties.principalId : ''
    tags: tags
  }
}

module namespace 'event-hubs.bicep' = if (hasApp) {
  name: 'event-hubs-${regionKey}'
  params: {
    location: location
    name: eventHubsNamespaceName
    eventHubs: eventHubs
    partitions: partitions
    retentionInDays: retentionInDays
    throughputUnits: throughputUnits
    principalId: identity.properties.principalId
    tags: tags
  }
}

module vault 'vault.bicep' = if (hasApp) {
  name: 'vault-${regionKey}'
  params: {
    location: location
    name: keyVaultName
    principalId: identity.properties.principalId
    operatorKey: operatorKey
    progressKey: progressKey
    tags: tags
  }
}

module monitoring 'monitoring.bicep' = if (hasApp) {
  name: 'monitoring-${regionKey}'
  params: {
    location: location
    name: componentName
    workspaceName: logWorkspaceName
    principalId: identity.properties.principalId
    tags: tags
  }
}

output region Region = {
  storageName: storage.outputs.name
  namespaceName: eventHubsNamespaceName
  vaultName: keyVaultName
  vaultUri: 'https://${keyVaultName}${environment().suffixes.keyvaultDns}'
  identityId: identity.id
  clientId: identity.properties.clientId
  principalId: identity.properties.principalId
  insightsName: componentName
  workspaceName: logWorkspaceName
}
