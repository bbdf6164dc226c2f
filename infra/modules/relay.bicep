// The relay runs all the time, so not on Flex Consumption: an Elastic Premium app, or a container.
import { Region } from 'types.bicep'

param location string
param environmentName string

@allowed(['p', 's'])
param regionKey string

param suffix string

@allowed(['none', 'premium', 'container'])
param hosting string

@description('Image of the container.')
param image string

@allowed(['22', '24'])
param nodeVersion string

param region Region

@description('The settings of app-settings.bicep.')
param settings object

param tags object

module premium 'relay-premium.bicep' = if (hosting == 'premium') {
  name: 'relay-premium'
  params: {
    location: location
    name: 'func-${environmentName}-relay-${regionKey}-${suffix}'
    planName: 'plan-${environmentName}-relay-${regionKey}-${suffix}'
    nodeVersion: nodeVersion
    region: region
    settings: settings
    tags: tags
  }
}

module container 'relay-container.bicep' = if (hosting == 'container') {
  name: 'relay-container'
  params: {
    location: location
    name: 'ca-${environmentName}-relay-${regionKey}'
    environmentName: 'cae-${environmentName}-${regionKey}-${suffix}'
    image: image
    region: region
    settings: settings
    tags: tags
  }
}
