// An app of one region on the routing document of the other: that container, nothing else of the account.
param storageName string
param principalId string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource routing 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: 'standby-routing'
}

// Storage Blob Data Contributor: the document is read often and changed by compare-and-set in both regions.
var contributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(routing.id, principalId, contributor)
  scope: routing
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', contributor)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
