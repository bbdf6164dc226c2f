// What one app may do with one hub, new or existing.
param hubName string

@description('The identity of the app.')
param principalId string

@description('The app watches this hub for a failover.')
param watches bool

resource hub 'Microsoft.Devices/IotHubs@2023-06-30' existing = {
  name: hubName
}

var dataRoles = [
  // IoT Hub Registry Contributor: copies identities with their keys, disables and deletes copies. On both hubs: after a device
  // failover the copy goes the other way.
  '4ea46cd5-c1b2-4a8e-910b-273211f9ce47'
  // IoT Hub Twin Contributor: reads twins of the active hub, writes tags and desired properties of the standby.
  '494bdba2-168f-4f31-a0a1-191d2f7c028c'
]

resource dataAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in dataRoles: {
    name: guid(hub.id, principalId, role)
    scope: hub
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
      principalId: principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// No built-in role fits: Reader lacks listkeys, and what has it may write the hub. Nothing here starts a failover or changes a route.
resource watchRole 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (watches) {
  name: guid(hub.id, principalId, 'standby-watch')
  properties: {
    roleName: 'IoT Hub failover watch ${uniqueString(hub.id, principalId)}'
    description: 'Reads a hub\'s state and endpoint, checks the policy key, keeps consumer groups.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Devices/iotHubs/Read'
          'Microsoft.Devices/iotHubs/listkeys/Action'
          'Microsoft.Devices/iotHubs/routingEndpointsHealth/Read'
          'Microsoft.Devices/iotHubs/eventHubEndpoints/consumerGroups/Read'
          'Microsoft.Devices/iotHubs/eventHubEndpoints/consumerGroups/Write'
        ]
      }
    ]
  }
}

resource watchAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (watches) {
  name: guid(hub.id, principalId, 'standby-watch-assignment')
  scope: hub
  properties: {
    roleDefinitionId: watchRole.id
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
