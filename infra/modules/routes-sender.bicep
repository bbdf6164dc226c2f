// A hub's identity may send to the one event hub that its routes name, and must be allowed to before the hub is given the endpoint.
param namespaceName string
param eventHub string
param principalId string

resource namespace 'Microsoft.EventHub/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource target 'Microsoft.EventHub/namespaces/eventhubs@2024-01-01' existing = {
  parent: namespace
  name: eventHub
}

// Azure Event Hubs Data Sender: message routing with an identity-based endpoint asks for no other.
var sender = '2b629674-e913-4c01-ae53-ef4638d8f975'

resource send 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(target.id, principalId, sender)
  scope: target
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', sender)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
