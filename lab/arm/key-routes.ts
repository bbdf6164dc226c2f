import type { SharedAccessPolicy } from '../contracts.js';
import { providerError } from './arm-error.js';
import type { ArmRoute } from './route.js';

const ruleOf = ({ name, primaryKey, secondaryKey, rights }: SharedAccessPolicy) => ({
  keyName: name,
  primaryKey,
  secondaryKey,
  rights: rights.join(', '),
});

export const keyRoutes: ArmRoute[] = [
  {
    method: 'POST',
    path: '/IotHubs/:hub/listkeys',
    blocks: true,
    handle: ({ hub, context }) => context.json({ value: hub.core.sharedAccessPolicies().map(ruleOf) }),
  },
  {
    method: 'POST',
    path: '/IotHubs/:hub/IotHubKeys/:key/listkeys',
    blocks: true,
    handle: ({ hub, context, param }) => {
      const policy = hub.core.sharedAccessPolicies().find(({ name }) => name === param('key'));
      if (policy === undefined) throw providerError(404, 404, `There is no shared access policy ${param('key')}.`);
      return context.json(ruleOf(policy));
    },
  },
];
