// Keeps what cannot be an identity: the operator's key, the key of reports and the built-in endpoints' policy keys.
param location string

@minLength(3)
@maxLength(24)
param name string

@description('The identity of the app of this region.')
param principalId string

@secure()
param operatorKey string

@description('Empty: made from the operator key, which cannot be read from it.')
@secure()
param progressKey string

param tags object

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
  }
}

resource operator 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'operator-key'
  properties: { value: operatorKey }
}

resource progress 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: 'progress-key'
  properties: { value: empty(progressKey) ? guid(operatorKey, 'progress') : progressKey }
}

// Key Vault Secrets User: the app's settings refer to secrets; it can neither list nor change them elsewhere.
var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
