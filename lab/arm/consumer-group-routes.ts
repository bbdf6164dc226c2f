import { z } from 'zod';
import { providerError } from './arm-error.js';
import { resourceIdOf } from './arm-hub.js';
import type { ArmRequest, ArmRoute } from './route.js';

const groupsPath = '/IotHubs/:hub/eventHubEndpoints/:endpoint/ConsumerGroups';

/** "IotHubResource, Create Event Hub Consumer Group": the name is required in the body too. */
const bodySchema = z.looseObject({ properties: z.looseObject({ name: z.string().min(1) }) });
/** "Naming rules for Azure resources", Event Hubs consumer groups. */
const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$/;

/** Every hub has one Event Hub-compatible endpoint, `events`. Throws 404. */
const checkEndpoint = ({ param }: ArmRequest): void => {
  if (param('endpoint').toLowerCase() !== 'events')
    throw providerError(404, 404, `There is no Event Hub-compatible endpoint ${param('endpoint')}.`);
};

const findGroup = (request: ArmRequest): string => {
  checkEndpoint(request);
  const asked = request.param('name');
  const found = request.hub.failover.consumerGroups().find((name) => name.toLowerCase() === asked.toLowerCase());
  if (found === undefined) throw providerError(404, 404, `There is no consumer group ${asked}.`);
  return found;
};

const groupInfo = ({ scope, hub }: ArmRequest, name: string) => ({
  id: `${resourceIdOf(scope, hub.core.name)}/eventHubEndpoints/events/ConsumerGroups/${name}`,
  name,
  type: 'Microsoft.Devices/IotHubs/EventHubEndpoints/ConsumerGroups',
  properties: {},
});

const parseName = async ({ context, param }: ArmRequest): Promise<string> => {
  const body: unknown = await context.req.json().catch(() => undefined);
  const parsed = bodySchema.safeParse(body);
  const name = parsed.data?.properties.name;
  // Terraform met this with an empty body (hashicorp/terraform-provider-azurerm#13324).
  if (name === undefined) throw providerError(400, 400_007, 'properties.name is missing.');
  if (name !== param('name')) throw providerError(400, 400_007, 'properties.name is not the name in the address.');
  if (!namePattern.test(name) && name !== '$Default')
    throw providerError(
      400,
      400_007,
      'A consumer group is named by 1 to 50 letters, digits, dots, hyphens and underscores.',
    );
  return name;
};

export const consumerGroupRoutes: ArmRoute[] = [
  {
    method: 'GET',
    path: groupsPath,
    handle: (request) => {
      checkEndpoint(request);
      return request.context.json({
        value: request.hub.failover.consumerGroups().map((name) => groupInfo(request, name)),
      });
    },
  },
  {
    method: 'GET',
    path: `${groupsPath}/:name`,
    handle: (request) => request.context.json(groupInfo(request, findGroup(request))),
  },
  {
    method: 'PUT',
    path: `${groupsPath}/:name`,
    blocks: true,
    handle: async (request) => {
      checkEndpoint(request);
      request.hub.failover.addConsumerGroup(await parseName(request));
      return request.context.json(groupInfo(request, findGroup(request)));
    },
  },
  {
    method: 'DELETE',
    path: `${groupsPath}/:name`,
    blocks: true,
    handle: (request) => {
      const name = findGroup(request);
      if (name === '$Default') throw providerError(400, 400, 'The consumer group $Default stays.');
      request.hub.failover.removeConsumerGroup(name);
      return new Response(null, { status: 200 });
    },
  },
];
