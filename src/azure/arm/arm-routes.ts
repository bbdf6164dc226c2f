import { IotHubClient } from '@azure/arm-iothub';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import type { EndpointReading, RouteReaderPort } from '../../health/route-ports.js';
import type { ArmHubOptions } from './arm-hub.js';
import { callArm } from './arm-call.js';

/** "IotHubResource, Get": the hub's own endpoints for routed messages. */
const hubSchema = z.object({
  routing: z
    .object({
      endpoints: z
        .object({
          eventHubs: z
            .array(z.object({ id: z.string().nullish(), name: z.string(), entityPath: z.string().nullish() }))
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
});
/** "IotHubResource, Get Endpoint Health". */
const healthSchema = z.object({
  endpointId: z.string(),
  healthStatus: z.string().default('unknown'),
  lastKnownErrorTime: z.coerce.date().optional(),
  lastSuccessfulSendAttemptTime: z.coerce.date().optional(),
});

const toReading = (name: string, item: z.infer<typeof healthSchema>): EndpointReading => ({
  name,
  status: item.healthStatus.toLowerCase(),
  ...(item.lastKnownErrorTime && { failedAt: item.lastKnownErrorTime }),
  ...(item.lastSuccessfulSendAttemptTime && { succeededAt: item.lastSuccessfulSendAttemptTime }),
});

/** How a hub's routes into one event hub are, by @azure/arm-iothub. */
export function createArmRoutes({ resource, endpoint, credential }: ArmHubOptions): RouteReaderPort {
  const { subscriptionId, resourceGroup, name } = resource;
  const client = new IotHubClient(credential, subscriptionId, { endpoint, retryOptions: { maxRetries: 0 } });
  const hubs = client.iotHubResource;
  return {
    readEndpoints: (eventHub, { timeoutInMs }) =>
      callArm('read routes', timeoutInMs, async (abortSignal) => {
        const { properties } = await hubs.get(resourceGroup, name, { abortSignal });
        const hub = hubSchema.safeParse(properties ?? {});
        if (!hub.success) throw badAnswer(hub.error);
        const endpoints = hub.data.routing?.endpoints?.eventHubs ?? [];
        const ours = endpoints.filter(({ entityPath }) => entityPath?.toLowerCase() === eventHub.toLowerCase());
        const readings: EndpointReading[] = [];
        if (ours.length === 0) return readings;
        for await (const item of hubs.listEndpointHealth(resourceGroup, name, { abortSignal })) {
          const health = healthSchema.safeParse(item);
          if (!health.success) throw badAnswer(health.error);
          const found = ours.find((one) => [one.id, one.name].includes(health.data.endpointId));
          if (found) readings.push(toReading(found.name, health.data));
        }
        return readings;
      }),
  };
}

const badAnswer = (cause: unknown) =>
  new AppError('armBadAnswer', 'read routes: not what ARM promises', { retryable: true, cause });
