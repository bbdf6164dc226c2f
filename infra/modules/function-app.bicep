// A function app on Flex Consumption, published by `func azure functionapp publish` or `azd deploy`.
import { Region } from 'types.bicep'

param location string

@minLength(2)
@maxLength(60)
param name string

param planName string

@description('Name of the service in azure.yaml.')
param serviceName string

param region Region

@allowed(['22', '24'])
param nodeVersion string

@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('The settings of app-settings.bicep: no value of it is a secret, only references to Key Vault.')
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
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${region.identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: region.identityId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}deployments'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: region.identityId }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: 40
        // Devices ask over HTTP on the worst day: one instance is awake. The watch's timers need one, too.
        alwaysReady: [{ name: 'http', instanceCount: 1 }, { name: 'durable', instanceCount: 1 }]
      }
      runtime: { name: 'node', version: nodeVersion }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, {
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${region.clientId};Authorization=AAD'
  })
}

output name string = app.name
