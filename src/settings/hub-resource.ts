import { z } from 'zod';

/** The parts of an ARM resource id. */
export interface HubResource {
  subscriptionId: string;
  resourceGroup: string;
  name: string;
}

/** ARM compares resource ids without case ("Resource IDs" of Azure Resource Manager). */
const form = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Devices\/IotHubs\/([^/]+)\/?$/i;

export const hubResourceSchema = z.string().transform((id, context): HubResource => {
  const [, subscriptionId, resourceGroup, name] = form.exec(id) ?? [];
  if (subscriptionId && resourceGroup && name) return { subscriptionId, resourceGroup, name };
  context.addIssue({
    code: 'custom',
    message: 'must be /subscriptions/ID/resourceGroups/GROUP/providers/Microsoft.Devices/IotHubs/NAME',
  });
  return z.NEVER;
});
