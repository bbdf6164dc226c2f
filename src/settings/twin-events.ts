import type { HubRole } from '../hub-model.js';
import { readConnection } from './connection.js';
import { definitions } from './definitions.js';
import type { Env } from './environment.js';

/** One Event Hub per source hub. `connectionName` is the prefix of the settings, for the trigger's binding. */
export interface TwinEventsSettings {
  connectionName: string;
  eventHubName: string;
}

const read = (env: Env, name: 'PRIMARY_TWIN_EVENTS' | 'SECONDARY_TWIN_EVENTS', eventHubName: string) =>
  readConnection(env, name, definitions[name].parts) && { connectionName: name, eventHubName };

/** Only those that are set. */
export function readTwinEvents(
  env: Env,
  eventHubNames: Record<HubRole, string>,
): Partial<Record<HubRole, TwinEventsSettings>> {
  const primary = read(env, 'PRIMARY_TWIN_EVENTS', eventHubNames.primary);
  const secondary = read(env, 'SECONDARY_TWIN_EVENTS', eventHubNames.secondary);
  return { ...(primary ? { primary } : {}), ...(secondary ? { secondary } : {}) };
}
