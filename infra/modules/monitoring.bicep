// Application Insights on Log Analytics. host.json says `telemetryMode: OpenTelemetry`; the identity below may send to it, no key may.
param location string
param name string
param workspaceName string

@description('The identity of the app of this region.')
param principalId string

param tags object

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

// Monitoring Metrics Publisher: what sending telemetry with Entra ID asks for.
var publisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, principalId, publisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', publisher)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
