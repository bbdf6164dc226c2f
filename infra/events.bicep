// Event Grid's subscriptions of both hubs. After the code: Event Grid asks the function whether it wants the events.
targetScope = 'subscription'

import { Hub } from 'modules/types.bicep'

@description('The outputs of main.bicep by the same names.')
param primaryHub Hub
param secondaryHub Hub
param primaryLocation string
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
  scope: resourceGroup(primaryHub.resourceGroup)
  params: {
    location: primaryLocation
    hubName: primaryHub.name
    appName: secondaryAppName
    appResourceGroup: secondaryResourceGroup
    storageName: secondaryStorageName
    tags: tags
  }
}

module fromSecondaryHub 'modules/event-grid.bicep' = {
  name: 'events-of-secondary-hub'
  scope: resourceGroup(secondaryHub.resourceGroup)
  params: {
    location: secondaryLocation
    hubName: secondaryHub.name
    appName: paired ? primaryAppName : secondaryAppName
    appResourceGroup: paired ? primaryResourceGroup : secondaryResourceGroup
    storageName: paired ? primaryStorageName : secondaryStorageName
    tags: tags
  }
}
