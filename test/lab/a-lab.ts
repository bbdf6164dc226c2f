import { EventHubConsumerClient, earliestEventPosition, type ReceivedEventData } from '@azure/event-hubs';
import iotHub from 'azure-iothub';
import type { HubRole, Lab, LabOptions } from '../../lab/contracts.js';
import { startLab } from '../../lab/start-lab.js';

/** A lab on free ports, with storage that nobody asks. */
export const aLab = (options: LabOptions = {}): Promise<Lab> =>
  startLab({
    eventHubsPort: 0,
    storage: { connectionString: 'UseDevelopmentStorage=true', close: async () => undefined },
    ...options,
  });

export const registryOf = (lab: Lab, role: HubRole) =>
  iotHub.Registry.fromConnectionString(lab.hub(role).connectionString);

/** Reads an event hub from its beginning until `count` events are there. */
export const readEvents = async (lab: Lab, eventHub: string, count: number): Promise<ReceivedEventData[]> => {
  const consumer = new EventHubConsumerClient('$Default', lab.description.eventHubs.connectionString, eventHub);
  const events: ReceivedEventData[] = [];
  const done = Promise.withResolvers<void>();
  const subscription = consumer.subscribe(
    {
      processEvents: async (batch) => {
        events.push(...batch);
        if (events.length >= count) done.resolve();
      },
      processError: async (error) => done.reject(error),
    },
    { startPosition: earliestEventPosition, maxBatchSize: 100 },
  );
  try {
    await done.promise;
    return events;
  } finally {
    await subscription.close();
    await consumer.close();
  }
};
