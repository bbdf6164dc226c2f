// Event Grid's subscriptions of both hubs. After the code: Event Grid asks the function whether it wants the events.
targetScope = 'subscription'

@description('The primary hub: its name, resource group and region, as the outputs of main.bicep tell them.')
@minLength(3)
@maxLength(50)
param primaryHubName string
param primaryHubResourceGroup string
param primaryLocation string

@description('The secondary hub, the same.')
@minLength(3)
@maxLength(50)
param secondaryHubName string
param secondaryHubResourceGroup string
param secondaryLocation string

@description('App and storage of the secondary region.')
param secondaryResourceGroup string
param secondaryAppName string
param secondaryStorageName string

@description('App and storage of the primary region in the paired form; empty in the small one.')
param primaryResourceGroup string = ''
param primaryAppName string = ''
param primaryStorageName string = ''

param tags object = {}

var paired = !empty(primaryAppName)

// What happens on the primary hub is told to the secondary region, and the other way round.
module fromPrimaryHub 'modules/event-grid.bicep' = {
  name: 'events-of-primary-hub'
  scope: resourceGroup(primaryHubResourceGroup)
  params: {
    location: primaryLocation
    hubName: primaryHubName
    appName: secondaryAppName
    appResourceGroup: secondaryResourceGroup
    storageName: secondaryStorageName
    tags: tags
  }
}

module fromSecondaryHub 'modules/event-grid.bicep' = {
  name: 'events-of-secondary-hub'
  scope: resourceGroup(secondaryHubResourceGroup)
  params: {
    location: secondaryLocation
    hubName: secondaryHubName
    appName: paired ? primaryAppName : secondaryAppName
    appResourceGroup: paired ? primaryResourceGroup : secondaryResourceGroup
    storageName: paired ? primaryStorageName : secondaryStorageName
    tags: tags
  }
}
