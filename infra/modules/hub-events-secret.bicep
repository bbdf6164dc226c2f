// The connection string of a built-in endpoint goes from the hub into the vault, and nowhere else: no output, no setting.
import { Hub } from 'types.bicep'

param vaultName string
param secretName string
param hub Hub

@description('Policy of the hub with the right ServiceConnect. An existing hub needs one: docs/deploy.md.')
param policyName string = 'telemetry-reader'

resource source 'Microsoft.Devices/IotHubs@2023-06-30' existing = {
  name: hub.name
  scope: resourceGroup(hub.resourceGroup)
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' existing = {
  name: vaultName
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = {
  parent: vault
  name: secretName
  properties: {
    contentType: 'Event Hub-compatible connection string'
    value: 'Endpoint=${source.properties.eventHubEndpoints.events.endpoint};SharedAccessKeyName=${policyName};SharedAccessKey=${listKeys('${source.id}/IotHubKeys/${policyName}', '2023-06-30').primaryKey};EntityPath=${source.properties.eventHubEndpoints.events.path}'
  }
}
