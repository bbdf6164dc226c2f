// The relay as a plain process: two replicas share the partitions.
import { Region } from 'types.bicep'

param location string

@minLength(2)
@maxLength(32)
param name string

param environmentName string

@description('Image with `npm run relay` as its command: infra/relay.Dockerfile.')
param image string

param region Region
param settings object
param tags object

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: region.workspaceName
}

resource managedEnvironment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: environmentName
  location: location
  tags: tags
  properties: {
    // The environment's logs go to the workspace by a diagnostic setting: the other way wants the workspace's key.
    appLogsConfiguration: { destination: 'azure-monitor' }
  }
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: managedEnvironment
  properties: {
    workspaceId: workspace.id
    logs: [{ category: 'ContainerAppConsoleLogs', enabled: true }]
  }
}

// A setting that refers to Key Vault becomes a secret of the app, read by its identity.
var references = filter(items(settings), item => startsWith(string(item.value), '@Microsoft.KeyVault('))
var plain = filter(items(settings), item => !startsWith(string(item.value), '@Microsoft.KeyVault('))

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${region.identityId}': {} }
  }
  properties: {
    environmentId: managedEnvironment.id
    configuration: {
      activeRevisionsMode: 'Single'
      registries: contains(image, '.azurecr.io/') ? [{ server: split(image, '/')[0], identity: region.identityId }] : []
      secrets: [
        for item in references: {
          name: toLower(replace(item.key, '_', '-'))
          keyVaultUrl: replace(replace(string(item.value), '@Microsoft.KeyVault(SecretUri=', ''), '/)', '')
          identity: region.identityId
        }
      ]
    }
    template: {
      containers: [
        {
          name: 'relay'
          image: image
          resources: { cpu: json('0.5'), memory: '1Gi' }
          env: concat(
            map(plain, item => { name: item.key, value: string(item.value) }),
            map(references, item => { name: item.key, secretRef: toLower(replace(item.key, '_', '-')) })
          )
        }
      ]
      scale: { minReplicas: 2, maxReplicas: 2 }
    }
  }
}
