// The settings of one app. Values are names and addresses; what is a secret is a reference to Key Vault.
import { App, Hub, Region } from 'types.bicep'

param primaryHub Hub
param secondaryHub Hub
param takesFromPrimary bool
param takesFromSecondary bool
param region Region

@description('Account of the other region, for the second copy of the routing document.')
param otherStorageName string

@description('Third account of the routing document. Empty: none.')
param witnessStorageName string

param app App

var hubDomain = 'azure-devices.net'
var namespaceHost = '${region.namespaceName}.servicebus.windows.net'
var hubIds = {
  primary: resourceId(subscription().subscriptionId, primaryHub.resourceGroup, 'Microsoft.Devices/IotHubs', primaryHub.name)
  secondary: resourceId(subscription().subscriptionId, secondaryHub.resourceGroup, 'Microsoft.Devices/IotHubs', secondaryHub.name)
}

// One identity for every connection; each connection is named, since the host reads them one by one.
var shared = {
  AZURE_CLIENT_ID: region.clientId
  AzureWebJobsStorage__accountName: region.storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: region.clientId
  STATE_STORAGE__accountName: region.storageName
  STATE_STORAGE__credential: 'managedidentity'
  STATE_STORAGE__clientId: region.clientId
  STATE_STORAGE_SECOND__accountName: otherStorageName
  STATE_STORAGE_SECOND__credential: 'managedidentity'
  STATE_STORAGE_SECOND__clientId: region.clientId
  PRIMARY_HUB__hostName: '${primaryHub.name}.${hubDomain}'
  PRIMARY_HUB__credential: 'managedidentity'
  PRIMARY_HUB__clientId: region.clientId
  SECONDARY_HUB__hostName: '${secondaryHub.name}.${hubDomain}'
  SECONDARY_HUB__credential: 'managedidentity'
  SECONDARY_HUB__clientId: region.clientId
  OPERATOR_KEY: '@Microsoft.KeyVault(SecretUri=${region.vaultUri}/secrets/operator-key/)'
}

var witness = {
  STATE_STORAGE_WITNESS__accountName: witnessStorageName
  STATE_STORAGE_WITNESS__credential: 'managedidentity'
  STATE_STORAGE_WITNESS__clientId: region.clientId
}

var sync = {
  FEATURES: join(app.features, ',')
  TWIN_CONSUMER_GROUP: 'standby'
  PRIMARY_TIER: app.primaryTier
  PRIMARY_UNITS: string(app.hubUnits)
  SECONDARY_TIER: app.secondaryTier
  SECONDARY_UNITS: string(app.hubUnits)
}

var fromPrimary = {
  PRIMARY_TWIN_EVENTS__fullyQualifiedNamespace: namespaceHost
  PRIMARY_TWIN_EVENTS__credential: 'managedidentity'
  PRIMARY_TWIN_EVENTS__clientId: region.clientId
  PRIMARY_TWIN_EVENT_HUB: 'devicetwin'
}

var fromSecondary = {
  SECONDARY_TWIN_EVENTS__fullyQualifiedNamespace: namespaceHost
  SECONDARY_TWIN_EVENTS__credential: 'managedidentity'
  SECONDARY_TWIN_EVENTS__clientId: region.clientId
  SECONDARY_TWIN_EVENT_HUB: 'devicetwin-secondary'
}

// Each deployment watches the hub whose changes it takes: the other region's, and in the small form both.
var watch = { CONSUMER_GROUPS: join(app.consumerGroups, ',') }
var primaryTelemetry = {
  PRIMARY_HUB_RESOURCE_ID: hubIds.primary
  PRIMARY_HUB_EVENTS: '@Microsoft.KeyVault(SecretUri=${region.vaultUri}/secrets/primary-hub-events/)'
}
var secondaryTelemetry = {
  SECONDARY_HUB_RESOURCE_ID: hubIds.secondary
  SECONDARY_HUB_EVENTS: '@Microsoft.KeyVault(SecretUri=${region.vaultUri}/secrets/secondary-hub-events/)'
}
var telemetry = union(
  app.readsTelemetry ? watch : {},
  app.readsTelemetry && takesFromPrimary ? primaryTelemetry : {},
  app.readsTelemetry && takesFromSecondary ? secondaryTelemetry : {}
)

// Of consumers that report over HTTP. The relay shares the state storage, and needs none.
var progress = { PROGRESS_KEY: '@Microsoft.KeyVault(SecretUri=${region.vaultUri}/secrets/progress-key/)' }

var relay = {
  FEATURES: 'relay'
  RELAY_TARGET__fullyQualifiedNamespace: namespaceHost
  RELAY_TARGET__credential: 'managedidentity'
  RELAY_TARGET__clientId: region.clientId
  RELAY_TARGET_EVENT_HUB: 'telemetry'
}

// App settings are text.
var tuning = mapValues(app.tuning, value => string(value))

output settings object = union(
  shared,
  empty(witnessStorageName) ? {} : witness,
  sync,
  takesFromPrimary ? fromPrimary : {},
  takesFromSecondary ? fromSecondary : {},
  telemetry,
  contains(app.features, 'failover') ? progress : {},
  tuning
)

output relaySettings object = union(shared, telemetry, relay, tuning)
