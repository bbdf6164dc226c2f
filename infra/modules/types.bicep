// Shapes that modules hand to each other.

@export()
@description('A hub, new or existing.')
type Hub = {
  name: string
  resourceGroup: string
}

@export()
@description('What one region has of its own: see region.bicep.')
type Region = {
  storageName: string
  namespaceName: string
  vaultName: string
  vaultUri: string
  identityId: string
  clientId: string
  principalId: string
  insightsName: string
  workspaceName: string
}

@export()
@description('What an app is told beside its region.')
type App = {
  features: string[]
  consumerGroups: string[]
  @description('The built-in endpoints are read or watched: their policy key is needed.')
  readsTelemetry: bool
  @description('off: an existing hub, of which nothing is known.')
  primaryTier: 'off' | 'S1' | 'S2' | 'S3'
  secondaryTier: 'off' | 'S1' | 'S2' | 'S3'
  hubUnits: int
  nodeVersion: '22' | '24'
  instanceMemoryMB: 512 | 2048 | 4096
  relayHosting: 'none' | 'premium' | 'container'
  relayImage: string
  tuning: Tuning
}

@export()
@description('Settings that have a default in the app; the README has what they mean.')
type Tuning = {
  TWIN_CONCURRENCY: int?
  HUB_CALL_TIMEOUT_MS: int?
  ROUTE_TTL_SECONDS: int?
  STATE_REFRESH_MS: int?
  STATE_MAX_AGE_MS: int?
  HOLD_LIMIT_SECONDS: int?
  DELETE_GRACE_SECONDS: int?
  REPORTED_STRATEGY: ('off' | 'device')?
  MIRROR_THROTTLE_SHARE: string?
  MIRROR_QUOTA_SHARE: string?
  MASS_CHANGE_LIMIT: int?
  REPAIR_OVERDUE_SECONDS: int?
  REPAIR_PER_MINUTE: int?
  ARM_ENDPOINT: string?
  WATCH_STEADY_SECONDS: int?
  WATCH_FAILOVER_SECONDS: int?
  WATCH_READ_TIMEOUT_SECONDS: int?
  VERIFY_TIMEOUT_SECONDS: int?
  DRAIN_LIMIT_SECONDS: int?
  CANARY_DEVICE_ID: string?
  CANARY_SECONDS: int?
  RELAY_CONSUMER_GROUP: string?
  RELAY_START: ('earliest' | 'latest')?
  RELAY_SLOTS: int?
  RELAY_SLICE_SECONDS: int?
  RELAY_DEDUPLICATION_KEY: ('on' | 'off')?
}
