import type { FailoverOperation } from '../hub-failover/contract.js';
import { providerError } from './arm-error.js';
import type { ArmHub, ArmScope } from './arm-hub.js';
import type { SubscriptionRoute } from './route.js';

/** Seconds until the next poll is worth while; whole ones, so never less than one. */
const retryAfter = ({ options: { timeScale } }: FailoverOperation): string =>
  String(Math.max(1, Math.round(15 * timeScale)));

const regionOf = ({ failover }: ArmHub): string =>
  (failover.locations.find(({ role }) => role === 'primary')?.location ?? '').toLowerCase().replaceAll(' ', '');

/** `id=os_ih_...;region=eastus` in base64 (recordings of @azure/arm-iothub, iothubresource_delete_test). */
const tokenOf = (id: string, region: string): string =>
  Buffer.from(`id=os_ih_${id};region=${region}`).toString('base64');
const idIn = (token: string): string => /^id=os_ih_([^;]+);/.exec(Buffer.from(token, 'base64').toString())?.[1] ?? '';

/** "Track asynchronous Azure operations": where to ask for the status document, and where for the result. */
export function pollingHeaders(
  { scope, hub, url, apiVersion }: { scope: ArmScope; hub: ArmHub; url: string; apiVersion: string },
  operation: FailoverOperation,
): Record<string, string> {
  const region = regionOf(hub);
  const provider = `${new URL(url).origin}/subscriptions/${scope.subscriptionId}/providers/Microsoft.Devices`;
  const results = `${provider}/locations/${region}/operationResults/${tokenOf(operation.id, region)}`;
  const location = `${results}?api-version=${encodeURIComponent(apiVersion)}&operationSource=other`;
  return {
    Location: location,
    'Retry-After': retryAfter(operation),
    ...(operation.options.polling === 'azureAsyncOperation' && { 'Azure-AsyncOperation': `${location}&asyncinfo` }),
  };
}

const statuses = { InProgress: 'Running', Succeeded: 'Succeeded', Failed: 'Failed' } as const;

const statusDocument = ({ status }: FailoverOperation) => ({
  status: statuses[status],
  ...(status === 'Failed' && { error: { code: 'FailoverFailed', message: 'The failover did not end.' } }),
});

export const operationRoutes: SubscriptionRoute[] = [
  {
    method: 'GET',
    path: '/locations/:location/operationResults/:operation',
    handle: ({ scope, hubs, context, param }) => {
      const id = idIn(param('operation'));
      const hub = hubs.find(({ failover }) => failover.operationOf(id) !== undefined);
      const operation = hub?.failover.operationOf(id);
      if (hub === undefined || operation === undefined)
        throw providerError(404, 404, `There is no operation ${param('operation')}.`);
      if (context.req.query('asyncinfo') !== undefined) return context.json(statusDocument(operation));
      if (operation.status !== 'InProgress') return context.body(null, 200);
      const apiVersion = context.req.query('api-version') ?? '';
      return context.body(null, 202, pollingHeaders({ scope, hub, url: context.req.url, apiVersion }, operation));
    },
  },
];
