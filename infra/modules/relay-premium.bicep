// The relay as a function app on Elastic Premium: two instances are always there, one for each slot.
import { Region } from 'types.bicep'

param location string

@minLength(2)
@maxLength(60)
param name string

param planName string

@allowed(['22', '24'])
param nodeVersion string

param region Region
param settings object
param tags object

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: region.storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: region.insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'elastic'
  sku: { tier: 'ElasticPremium', name: 'EP1', capacity: 2 }
  properties: {
    reserved: true
    maximumElasticWorkerCount: 4
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${region.identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: region.identityId
    siteConfig: {
      linuxFxVersion: 'NODE|${nodeVersion}'
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
      minimumElasticInstanceCount: 2
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, {
    FUNCTIONS_EXTENSION_VERSION: '~4'
    FUNCTIONS_WORKER_RUNTIME: 'node'
    // Without Azure Files, which has no identity, the package is read from the container by one.
    WEBSITE_RUN_FROM_PACKAGE: '${storage.properties.primaryEndpoints.blob}deployments/relay.zip'
    WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID: region.identityId
    // A task hub of its own: the other app's orchestrations are not the relay's.
    AzureFunctionsJobHost__extensions__durableTask__hubName: 'StandbyRelay'
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${region.clientId};Authorization=AAD'
  })
}

output name string = app.name
