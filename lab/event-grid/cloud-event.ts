import type { JsonObject } from '../contracts.js';
import type { GridEvent } from './grid-event.js';

export type EventSchema = 'eventGrid' | 'cloudEvents';

/** CloudEvents 1.0 as Event Grid makes it: "Azure IoT Hub as an Event Grid source", the tab "Cloud event schema". */
export const toCloudEvent = ({ id, topic, subject, eventType, eventTime, data }: GridEvent): JsonObject => ({
  id,
  source: topic,
  subject,
  type: eventType,
  time: eventTime,
  data,
  specversion: '1.0',
});

interface WireForm {
  contentType: string;
  body: string;
  headers: Record<string, string>;
}

/** One event as it is posted: an array of one in the Event Grid schema, an object as a CloudEvent in structured mode. */
export const toWire = (event: GridEvent, schema: EventSchema): WireForm =>
  schema === 'eventGrid'
    ? {
        contentType: 'application/json; charset=utf-8',
        body: JSON.stringify([event]),
        headers: { 'aeg-data-version': event.dataVersion, 'aeg-metadata-version': event.metadataVersion },
      }
    : {
        contentType: 'application/cloudevents+json; charset=utf-8',
        body: JSON.stringify(toCloudEvent(event)),
        headers: {},
      };

/**
 * To a function an event subscription with CloudEvents introduces itself with `data` as text inside the JSON: azure-sdk-for-net,
 * Microsoft.Azure.WebJobs.Extensions.EventGrid, HttpRequestProcessor ("double-encoded").
 */
export const toCloudValidation = (event: GridEvent): string =>
  JSON.stringify({ ...toCloudEvent(event), data: JSON.stringify(event.data) });
