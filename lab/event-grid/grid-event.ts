import { randomUUID } from 'node:crypto';
import type { JsonObject, LifecycleNotice } from '../contracts.js';

/** The Event Grid schema's envelope: "Azure Event Grid event schema". */
export interface GridEvent extends JsonObject {
  id: string;
  topic: string;
  subject: string;
  eventType: string;
  eventTime: string;
  data: JsonObject;
  dataVersion: string;
  metadataVersion: string;
}

/** ISO 8601 with the service's seven digits. */
export const sevenDigits = (time: Date): string => time.toISOString().replace('Z', '0000Z');

/** The ARM id of a hub, upper-cased as Event Grid shows it. */
export const topicOf = (hubName: string): string =>
  `/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/lab/providers/Microsoft.Devices/IotHubs/${hubName}`.toUpperCase();

const neverUpdated = (): JsonObject => ({ $metadata: { $lastUpdated: '0001-01-01T00:00:00Z' }, $version: 1 });

/**
 * The twin inside a lifecycle event is always this default picture, whatever the device really has: "React to IoT Hub events by
 * using Event Grid", the warning on authenticationType.
 */
const defaultTwin = (deviceId: string): JsonObject => ({
  deviceId,
  etag: 'AAAAAAAAAAE=',
  deviceEtag: 'null',
  status: 'enabled',
  statusUpdateTime: '0001-01-01T00:00:00',
  connectionState: 'Disconnected',
  lastActivityTime: '0001-01-01T00:00:00',
  cloudToDeviceMessageCount: 0,
  authenticationType: 'sas',
  x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null },
  version: 2,
  properties: { desired: neverUpdated(), reported: neverUpdated() },
});

const typeOf = { created: 'Microsoft.Devices.DeviceCreated', deleted: 'Microsoft.Devices.DeviceDeleted' } as const;

/** "Azure IoT Hub as an Event Grid source": DeviceCreated and DeviceDeleted. */
export const lifecycleEvent = (hubName: string, topic: string, notice: LifecycleNotice): GridEvent => ({
  id: randomUUID(),
  topic,
  subject: `devices/${notice.deviceId}`,
  eventType: typeOf[notice.kind],
  eventTime: sevenDigits(notice.at),
  data: { twin: defaultTwin(notice.deviceId), hubName, deviceId: notice.deviceId },
  dataVersion: '1',
  metadataVersion: '1',
});

/** "Webhook event delivery": the event that asks an endpoint whether it wants events. */
export const validationEvent = (topic: string, validationCode: string): GridEvent => ({
  id: randomUUID(),
  topic,
  subject: '',
  eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
  eventTime: sevenDigits(new Date()),
  data: { validationCode },
  dataVersion: '2',
  metadataVersion: '1',
});
