// One deployment of the app: its settings, the function app, and what its identity may do beyond its own region.
targetScope = 'subscription'

import { App, Hub, Region } from 'types.bicep'

param location string
param environmentName string

@allowed(['p', 's'])
param regionKey string

param suffix string

@description('Name of the service in azure.yaml.')
param serviceName string

param resourceGroupName string
param region Region

@description('The other region, which keeps the second copy of the routing document.')
param otherResourceGroup string
param otherStorageName string

@description('The third account of the routing document. Empty: none.')
param witnessResourceGroup string
param witnessStorageName string

param primaryHub Hub
param secondaryHub Hub

@description('The changes of this hub arrive in this region.')
param takesFromPrimary bool
param takesFromSecondary bool

param app App
param tags object

var watches = contains(app.features, 'failover')

module onPrimaryHub 'hub-access.bicep' = {
  name: 'app-${regionKey}-on-primary-hub'
  scope: resourceGroup(primaryHub.resourceGroup)
  params: { hubName: primaryHub.name, principalId: region.principalId, watches: watches && takesFromPrimary }
}

module onSecondaryHub 'hub-access.bicep' = {
  name: 'app-${regionKey}-on-secondary-hub'
  scope: resourceGroup(secondaryHub.resourceGroup)
  params: { hubName: secondaryHub.name, principalId: region.principalId, watches: watches && takesFromSecondary }
}

module onOtherRouting 'routing-access.bicep' = {
  name: 'app-${regionKey}-on-other-routing'
  scope: resourceGroup(otherResourceGroup)
  params: { storageName: otherStorageName, principalId: region.principalId }
}

module onWitnessRouting 'routing-access.bicep' = if (!empty(witnessStorageName)) {
  name: 'app-${regionKey}-on-witness-routing'
  scope: resourceGroup(witnessResourceGroup)
  params: { storageName: witnessStorageName, principalId: region.principalId }
}

// The one secret that cannot be avoided: the built-in endpoint knows no Entra ID. The vault is in the region of the app that reads it.
module primaryHubEvents 'hub-events-secret.bicep' = if (app.readsTelemetry && takesFromPrimary) {
  name: 'primary-hub-events-${regionKey}'
  scope: resourceGroup(resourceGroupName)
  params: { vaultName: region.vaultName, secretName: 'primary-hub-events', hub: primaryHub }
}

module secondaryHubEvents 'hub-events-secret.bicep' = if (app.readsTelemetry && takesFromSecondary) {
  name: 'secondary-hub-events-${regionKey}'
  scope: resourceGroup(resourceGroupName)
  params: { vaultName: region.vaultName, secretName: 'secondary-hub-events', hub: secondaryHub }
}

module settings 'app-settings.bicep' = {
  name: 'settings-${regionKey}'
  scope: resourceGroup(resourceGroupName)
  params: {
    primaryHub: primaryHub
    secondaryHub: secondaryHub
    takesFromPrimary: takesFromPrimary
    takesFromSecondary: takesFromSecondary
    region: region
    otherStorageName: otherStorageName
    witnessStorageName: witnessStorageName
    app: app
  }
}

module functionApp 'function-app.bicep' = {
  name: 'app-${regionKey}'
  scope: resourceGroup(resourceGroupName)
  params: {
    location: location
    name: 'func-${environmentName}-${regionKey}-${suffix}'
    planName: 'plan-${environmentName}-${regionKey}-${suffix}'
    serviceName: serviceName
    region: region
    nodeVersion: app.nodeVersion
    instanceMemoryMB: app.instanceMemoryMB
    settings: settings.outputs.settings
    tags: tags
  }
  dependsOn: [onPrimaryHub, onSecondaryHub, onOtherRouting, onWitnessRouting, primaryHubEvents, secondaryHubEvents]
}

// The relay belongs to the region that takes the hub's changes: it reads that hub, and survives its region.
module relay 'relay.bicep' = if (app.relayHosting != 'none') {
  name: 'relay-${regionKey}'
  scope: resourceGroup(resourceGroupName)
  params: {
    location: location
    environmentName: environmentName
    regionKey: regionKey
    suffix: suffix
    hosting: app.relayHosting
    image: app.relayImage
    nodeVersion: app.nodeVersion
    region: region
    settings: settings.outputs.relaySettings
    tags: tags
  }
  dependsOn: [primaryHubEvents, secondaryHubEvents]
}

output appName string = functionApp.outputs.name
