/** What the service's documents say: role ids, API versions, rules for names. */

/** Azure built-in roles. Source: learn.microsoft.com/azure/role-based-access-control/built-in-roles. */
export const builtInRoles: Readonly<Record<string, string>> = {
  '4ea46cd5-c1b2-4a8e-910b-273211f9ce47': 'IoT Hub Registry Contributor',
  '494bdba2-168f-4f31-a0a1-191d2f7c028c': 'IoT Hub Twin Contributor',
  'b447c946-2db7-41ec-983d-d8bf3b1c77e3': 'IoT Hub Data Reader',
  '4fc6c259-987e-4a07-842e-c321cc9d413f': 'IoT Hub Data Contributor',
  '2b629674-e913-4c01-ae53-ef4638d8f975': 'Azure Event Hubs Data Sender',
  'a638d3c7-ab3a-418d-83e6-5f17a39d4fde': 'Azure Event Hubs Data Receiver',
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
  '7f951dda-4ed3-4680-a7ca-43fe172d538d': 'AcrPull',
};

/** Versions that the resource types have. Source: the public type index of Bicep (Azure/bicep-types-az, generated/). */
export const apiVersions: Readonly<Record<string, readonly string[]>> = {
  'Microsoft.Resources/resourceGroups': ['2024-03-01'],
  'Microsoft.Devices/IotHubs': ['2023-06-30'],
  'Microsoft.EventHub/namespaces': ['2024-01-01'],
  'Microsoft.EventHub/namespaces/eventhubs': ['2024-01-01'],
  'Microsoft.EventHub/namespaces/eventhubs/consumergroups': ['2024-01-01'],
  'Microsoft.EventGrid/systemTopics': ['2022-06-15', '2025-02-15'],
  'Microsoft.EventGrid/systemTopics/eventSubscriptions': ['2022-06-15', '2025-02-15'],
  'Microsoft.Storage/storageAccounts': ['2023-05-01', '2024-01-01'],
  'Microsoft.Storage/storageAccounts/blobServices': ['2023-05-01', '2024-01-01'],
  'Microsoft.Storage/storageAccounts/blobServices/containers': ['2023-05-01', '2024-01-01'],
  'Microsoft.Storage/storageAccounts/managementPolicies': ['2023-05-01', '2024-01-01'],
  'Microsoft.Web/serverfarms': ['2024-04-01'],
  'Microsoft.Web/sites': ['2024-04-01'],
  'Microsoft.Web/sites/config': ['2024-04-01'],
  'Microsoft.ManagedIdentity/userAssignedIdentities': ['2023-01-31', '2024-11-30'],
  'Microsoft.Authorization/roleAssignments': ['2022-04-01'],
  'Microsoft.Authorization/roleDefinitions': ['2022-04-01'],
  'Microsoft.KeyVault/vaults': ['2023-07-01'],
  'Microsoft.KeyVault/vaults/secrets': ['2023-07-01'],
  'Microsoft.Insights/components': ['2020-02-02'],
  'Microsoft.Insights/diagnosticSettings': ['2021-05-01-preview'],
  'Microsoft.OperationalInsights/workspaces': ['2023-09-01'],
  'Microsoft.App/managedEnvironments': ['2024-03-01'],
  'Microsoft.App/containerApps': ['2024-03-01'],
};

/** Rules for names. Source: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules. */
export const nameRules: Readonly<Record<string, RegExp>> = {
  'Microsoft.Resources/resourceGroups': /^[-\w.()]{0,89}[-\w()]$/,
  'Microsoft.Devices/IotHubs': /^[A-Za-z0-9][A-Za-z0-9-]{1,48}[A-Za-z0-9]$/,
  'Microsoft.EventHub/namespaces': /^[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]$/,
  'Microsoft.EventHub/namespaces/eventhubs': /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}[A-Za-z0-9]$/,
  'Microsoft.EventHub/namespaces/eventhubs/consumergroups': /^[A-Za-z0-9]([A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$/,
  'Microsoft.EventGrid/systemTopics': /^[A-Za-z0-9-]{3,128}$/,
  'Microsoft.EventGrid/systemTopics/eventSubscriptions': /^[A-Za-z0-9-]{3,64}$/,
  'Microsoft.Storage/storageAccounts': /^[a-z0-9]{3,24}$/,
  'Microsoft.Storage/storageAccounts/blobServices/containers': /^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/,
  'Microsoft.Web/serverfarms': /^[A-Za-z0-9-]{1,60}$/,
  'Microsoft.Web/sites': /^[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]$/,
  'Microsoft.ManagedIdentity/userAssignedIdentities': /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/,
  'Microsoft.KeyVault/vaults': /^[A-Za-z](?!.*--)[A-Za-z0-9-]{1,22}[A-Za-z0-9]$/,
  'Microsoft.KeyVault/vaults/secrets': /^[A-Za-z0-9-]{1,127}$/,
  'Microsoft.Insights/components': /^[^%&?/]{1,255}[^%&?/. ]$/,
  'Microsoft.OperationalInsights/workspaces': /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  'Microsoft.App/managedEnvironments': /^[A-Za-z][A-Za-z0-9-]{0,58}[A-Za-z0-9]$/,
  'Microsoft.App/containerApps': /^[a-z](?!.*--)[a-z0-9-]{0,30}[a-z0-9]$/,
};
