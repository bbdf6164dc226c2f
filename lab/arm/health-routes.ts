import type { ArmRoute } from './route.js';

/** "IotHubResource, Get Endpoint Health". */
export const healthRoutes: ArmRoute[] = [
  {
    method: 'GET',
    path: '/IotHubs/:hub/routingEndpointsHealth',
    handle: ({ scope, hub, context }) =>
      context.json({
        value: scope.endpointHealth(hub.core.role).map(({ eventHub, status, ...times }) => ({
          endpointId: eventHub,
          healthStatus: status,
          lastSuccessfulSendAttemptTime: times.lastSuccessfulSendAttemptTime?.toISOString(),
          lastSendAttemptTime: times.lastSendAttemptTime?.toISOString(),
        })),
      }),
  },
];
