// Two IoT Hubs in two regions, each with what the other one's loss needs: docs/deploy.md has the table of needs.
targetScope = 'subscription'

import { Tuning } from 'modules/types.bicep'

@description('Short name of this installation; part of every resource name.')
@minLength(2)
@maxLength(12)
param environmentName string

@description('Region of the primary hub.')
@minLength(2)
param primaryLocation string

@description('Region of the secondary hub. Not the paired region of the primary one: a hub failover may move the primary hub there.')
@minLength(2)
param secondaryLocation string

@description('Region of a third, tiny account for the routing document: any two of the three are enough then. Empty: none, and the mirror waits while either of the two is away.')
@maxLength(50)
param witnessLocation string = ''

@description('small: one app in the secondary region. paired: an app in each region, which survives the loss of either.')
@allowed(['small', 'paired'])
param topology string = 'small'

@description('Name of an existing primary hub. It is read, never replaced: its routes are made by the commands in docs/deploy.md. Empty: a new hub.')
@maxLength(50)
param existingPrimaryHub string = ''

@description('Resource group of the existing primary hub.')
@maxLength(90)
param existingPrimaryHubResourceGroup string = ''

@description('Name of an existing secondary hub, as above. Empty: a new hub.')
@maxLength(50)
param existingSecondaryHub string = ''

@description('Resource group of the existing secondary hub.')
@maxLength(90)
param existingSecondaryHubResourceGroup string = ''

@description('Edition of new hubs. Basic has no twins, Free no second hub of a subscription.')
@allowed(['S1', 'S2', 'S3'])
param hubSku string = 'S1'

@description('Units of each new hub.')
@minValue(1)
@maxValue(200)
param hubUnits int = 1

@description('Partitions of each built-in endpoint and each event hub. It cannot be changed later in the Standard tier.')
@minValue(1)
@maxValue(32)
param partitions int = 4

@description('Days that twin changes and telemetry are kept. Must be above HOLD_LIMIT_SECONDS (an hour by default).')
@minValue(1)
@maxValue(7)
param retentionInDays int = 7

@description('Throughput units of each Event Hubs namespace.')
@minValue(1)
@maxValue(40)
param throughputUnits int = 1

@description('What the function apps do. relay belongs to `relayHosting`.')
param features ('sync' | 'routing' | 'failover')[] = ['sync', 'routing', 'failover']

@description('Where the relay runs: nowhere, on Elastic Premium, or as a container app.')
@allowed(['none', 'premium', 'container'])
param relayHosting string = 'none'

@description('Image of the relay, for relayHosting container.')
param relayImage string = ''

@description('Standard_LRS where the region has no zones.')
@allowed(['Standard_ZRS', 'Standard_LRS'])
param storageSku string = 'Standard_ZRS'

@description('Node version of the apps.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Memory of each Flex Consumption instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Consumer groups that are kept on the built-in endpoints beside $Default.')
param consumerGroups string[] = []

@description('Key of the operator: opens the details of health and the stops of a failover. At least 16 characters.')
@secure()
@minLength(16)
param operatorKey string

@description('Key of consumers that report progress over HTTP, which no device has: 16 to 256 characters. Empty: made from the operator key, the same each time.')
@secure()
param progressKey string = ''

@description('Settings of the app that differ from their defaults, by name.')
param tuning Tuning = {}

@description('Tags of every resource.')
param tags object = {}

var suffix = uniqueString(subscription().subscriptionId, environmentName)
var paired = topology == 'paired'
var allTags = union(tags, { 'azd-env-name': environmentName })

// Everything that an app is told beside its region.
var app = {
  // The relay follows the generations that the watch stores.
  features: relayHosting == 'none' ? features : union(features, ['failover'])
  consumerGroups: consumerGroups
  readsTelemetry: contains(features, 'failover') || relayHosting != 'none'
  // The sizes of existing hubs are not asked for: set PRIMARY_TIER and SECONDARY_TIER of the app to what they have.
  primaryTier: empty(existingPrimaryHub) ? hubSku : 'off'
  secondaryTier: empty(existingSecondaryHub) ? hubSku : 'off'
  hubUnits: hubUnits
  nodeVersion: nodeVersion
  instanceMemoryMB: instanceMemoryMB
  relayHosting: relayHosting
  relayImage: relayImage
  tuning: tuning
}

var hubs = {
  primary: { name: primaryHubName, resourceGroup: primaryHubGroup }
  secondary: { name: secondaryHubName, resourceGroup: secondaryHubGroup }
}
var primaryHubName = empty(existingPrimaryHub) ? 'iot-${environmentName}-p-${suffix}' : existingPrimaryHub
var secondaryHubName = empty(existingSecondaryHub) ? 'iot-${environmentName}-s-${suffix}' : existingSecondaryHub
var primaryGroupName = 'rg-${environmentName}-p'
var secondaryGroupName = 'rg-${environmentName}-s'
var hasWitness = !empty(witnessLocation)
var witnessGroupName = 'rg-${environmentName}-w'
var primaryHubGroup = empty(existingPrimaryHub) ? primaryGroupName : existingPrimaryHubResourceGroup
var secondaryHubGroup = empty(existingSecondaryHub) ? secondaryGroupName : existingSecondaryHubResourceGroup

resource primaryGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: primaryGroupName
  location: primaryLocation
  tags: allTags
}

resource secondaryGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: secondaryGroupName
  location: secondaryLocation
  tags: allTags
}

// What a region has of its own: storage in both forms, the rest where an app runs.
module primaryRegion 'modules/region.bicep' = {
  name: 'primary-region'
  scope: primaryGroup
  params: {
    location: primaryLocation
    environmentName: environmentName
    regionKey: 'p'
    suffix: suffix
    hasApp: paired
    eventHubs: ['devicetwin-secondary', 'telemetry']
    partitions: partitions
    retentionInDays: retentionInDays
    throughputUnits: throughputUnits
    storageSku: storageSku
    operatorKey: operatorKey
    progressKey: progressKey
    tags: allTags
  }
}

module secondaryRegion 'modules/region.bicep' = {
  name: 'secondary-region'
  scope: secondaryGroup
  params: {
    location: secondaryLocation
    environmentName: environmentName
    regionKey: 's'
    suffix: suffix
    hasApp: true
    // The small form takes the secondary hub's changes here too: they are wanted only once it is the active one.
    eventHubs: paired ? ['devicetwin', 'telemetry'] : ['devicetwin', 'devicetwin-secondary', 'telemetry']
    partitions: partitions
    retentionInDays: retentionInDays
    throughputUnits: throughputUnits
    storageSku: storageSku
    operatorKey: operatorKey
    progressKey: progressKey
    tags: allTags
  }
}

resource witnessGroup 'Microsoft.Resources/resourceGroups@2024-03-01' = if (hasWitness) {
  name: witnessGroupName
  location: witnessLocation
  tags: allTags
}

module witness 'modules/witness.bicep' = if (hasWitness) {
  name: 'witness'
  scope: witnessGroup
  params: { location: witnessLocation, name: 'stw${suffix}', tags: allTags }
}

// The primary hub's changes go to the secondary region, the secondary hub's to the region that has the other app.
module primaryHub 'modules/hub.bicep' = if (empty(existingPrimaryHub)) {
  name: 'primary-hub'
  scope: primaryGroup
  params: {
    location: primaryLocation
    name: primaryHubName
    sku: hubSku
    units: hubUnits
    partitions: partitions
    retentionInDays: retentionInDays
    routesNamespace: secondaryRegion.outputs.region.namespaceName
    routesResourceGroup: secondaryGroupName
    routesEventHub: 'devicetwin'
    tags: allTags
  }
}

module secondaryHub 'modules/hub.bicep' = if (empty(existingSecondaryHub)) {
  name: 'secondary-hub'
  scope: secondaryGroup
  params: {
    location: secondaryLocation
    name: secondaryHubName
    sku: hubSku
    units: hubUnits
    partitions: partitions
    retentionInDays: retentionInDays
    routesNamespace: paired ? primaryRegion.outputs.region.namespaceName : secondaryRegion.outputs.region.namespaceName
    routesResourceGroup: paired ? primaryGroupName : secondaryGroupName
    routesEventHub: 'devicetwin-secondary'
    tags: allTags
  }
}

// An app and what it may do, in the region whose loss it has to survive.
module secondaryDeployment 'modules/deployment.bicep' = {
  name: 'secondary-deployment'
  params: {
    location: secondaryLocation
    environmentName: environmentName
    regionKey: 's'
    suffix: suffix
    serviceName: 'app'
    resourceGroupName: secondaryGroupName
    region: secondaryRegion.outputs.region
    otherResourceGroup: primaryGroupName
    otherStorageName: primaryRegion.outputs.region.storageName
    witnessResourceGroup: witnessGroupName
    witnessStorageName: hasWitness ? witness!.outputs.name : ''
    primaryHub: hubs.primary
    secondaryHub: hubs.secondary
    takesFromPrimary: true
    takesFromSecondary: !paired
    app: app
    tags: allTags
  }
  dependsOn: [primaryHub, secondaryHub]
}

module primaryDeployment 'modules/deployment.bicep' = if (paired) {
  name: 'primary-deployment'
  params: {
    location: primaryLocation
    environmentName: environmentName
    regionKey: 'p'
    suffix: suffix
    serviceName: 'app-primary-region'
    resourceGroupName: primaryGroupName
    region: primaryRegion.outputs.region
    otherResourceGroup: secondaryGroupName
    otherStorageName: secondaryRegion.outputs.region.storageName
    witnessResourceGroup: witnessGroupName
    witnessStorageName: hasWitness ? witness!.outputs.name : ''
    primaryHub: hubs.primary
    secondaryHub: hubs.secondary
    takesFromPrimary: false
    takesFromSecondary: true
    app: app
    tags: allTags
  }
  dependsOn: [primaryHub, secondaryHub]
}

@description('Resource group of the secondary region, where the app is published.')
output SECONDARY_RESOURCE_GROUP string = secondaryGroupName
output PRIMARY_RESOURCE_GROUP string = primaryGroupName
@description('Name for `func azure functionapp publish`.')
output SECONDARY_APP_NAME string = secondaryDeployment.outputs.appName
output PRIMARY_APP_NAME string = paired ? primaryDeployment!.outputs.appName : ''
output PRIMARY_HUB_NAME string = primaryHubName
output SECONDARY_HUB_NAME string = secondaryHubName
output PRIMARY_HUB_RESOURCE_GROUP string = primaryHubGroup
output SECONDARY_HUB_RESOURCE_GROUP string = secondaryHubGroup
@description('A hub\'s events are told in its own region.')
output PRIMARY_HUB_LOCATION string = primaryLocation
output SECONDARY_HUB_LOCATION string = secondaryLocation
output SECONDARY_STORAGE_NAME string = secondaryRegion.outputs.region.storageName
output PRIMARY_STORAGE_NAME string = primaryRegion.outputs.region.storageName
@description('Namespaces that the routes of existing hubs name; vaults whose secrets rotate.')
output SECONDARY_NAMESPACE_NAME string = secondaryRegion.outputs.region.namespaceName
output PRIMARY_NAMESPACE_NAME string = paired ? primaryRegion.outputs.region.namespaceName : ''
output SECONDARY_VAULT_NAME string = secondaryRegion.outputs.region.vaultName
output PRIMARY_VAULT_NAME string = paired ? primaryRegion.outputs.region.vaultName : ''
output TOPOLOGY string = topology
