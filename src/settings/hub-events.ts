import { z } from 'zod';
import { connectionStringPart } from './connection.js';

/** A hub's built-in endpoint as configured: the policy's key is what counts, the endpoint only until ARM told one. */
export interface HubEventsSettings {
  key: { name: string; key: string };
  endpoint: { hostName: string; eventHubName: string } | undefined;
}

/** The Event Hub-compatible connection string that the portal and `az iot hub connection-string show --default-eventhub` give. */
export const hubEventsSchema = z.string().transform((value, context): HubEventsSettings => {
  const name = connectionStringPart(value, 'SharedAccessKeyName');
  const key = connectionStringPart(value, 'SharedAccessKey');
  const hostName = /^sb:\/\/([^/:]+)/i.exec(connectionStringPart(value, 'Endpoint') ?? '')?.[1];
  const eventHubName = connectionStringPart(value, 'EntityPath');
  if (!name) context.addIssue({ code: 'custom', message: 'no SharedAccessKeyName in the connection string' });
  if (!key) context.addIssue({ code: 'custom', message: 'no SharedAccessKey in the connection string' });
  if (!name || !key) return z.NEVER;
  return { key: { name, key }, endpoint: hostName && eventHubName ? { hostName, eventHubName } : undefined };
});
