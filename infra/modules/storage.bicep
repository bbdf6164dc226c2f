// The app's state of one region. No shared keys: whoever reads or writes has an identity and a role.
param location string

@minLength(3)
@maxLength(24)
param name string

@description('Zone redundant where it can be: the region\'s own zones must not take the state along. The other region has the second routing document.')
@allowed(['Standard_ZRS', 'Standard_LRS'])
param sku string

@description('The identity of the app of this region; empty: none runs here.')
param principalId string

param tags object

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  kind: 'StorageV2'
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    // For the routing document: each decision stays readable. It is a property of the whole account, see the rules below.
    isVersioningEnabled: true
    deleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource deployments 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: 'deployments'
}

// Made here, and not by the app, so that the other region's app can be given a role on it alone.
resource routing 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: 'standby-routing'
}

resource deadLetters 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = {
  parent: blobs
  name: 'event-grid-dead-letters'
}

// Dead letters are hints, which a repair by state outlives. Parked originals hold twin contents and telemetry: 30 days to look at them.
// Leases, checkpoints and the watch's state are written all the time: nobody needs what they were yesterday.
resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [
        {
          name: 'old-dead-letters'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['event-grid-dead-letters/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 90 } } }
          }
        }
        {
          name: 'old-versions-of-what-is-written-often'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: {
              blobTypes: ['blockBlob']
              prefixMatch: [
                'azure-webjobs-eventhub/'
                'azure-webjobs-hosts/'
                'azure-webjobs-secrets/'
                'consumers/'
                'deployments/'
                'iothubstandby-leases/'
                'standby-relay/'
              ]
            }
            actions: { version: { delete: { daysAfterCreationGreaterThan: 1 } } }
          }
        }
        {
          name: 'old-parked'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['standby-parked/'] }
            actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 30 } } }
          }
        }
      ]
    }
  }
}

var appRoles = [
  // Storage Blob Data Owner: the host's leases, checkpoints and keys, the deployment package, our routing document.
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  // Storage Queue Data Contributor: the retry queue and Durable's control queues, which the app makes itself.
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  // Storage Table Data Contributor: the ledger and Durable's history.
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
]

resource appAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in empty(principalId) ? [] : appRoles: {
    name: guid(account.id, principalId, role)
    scope: account
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

output name string = account.name
