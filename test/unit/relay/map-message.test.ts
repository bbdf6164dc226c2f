import { describe, expect, it } from 'vitest';
import { mapMessage } from '../../../src/relay/map-message.js';
import { anEvent, anOrigin, type EventParts } from './support/events.js';

const map = (parts: EventParts, deduplicationKey = false) =>
  mapMessage(anEvent(parts), anOrigin(), { deduplicationKey });

describe('a message on its way to the target', () => {
  it("keeps the device's bytes, which JSON parsed and written again would change", () => {
    const body = Buffer.from('{ "b":1.50, "a": 12345678901234567890 }');
    expect(map({ body })).toMatchObject({ body, bodyType: 'data' });
  });

  it('joins the data sections of one body', () => {
    expect(map({ body: [Buffer.from('ab'), Buffer.from('c')] }).body).toEqual(Buffer.from('abc'));
  });

  it('keeps application properties and what the message tells of itself', () => {
    const message = map({
      properties: { level: 'high', count: 3, ok: true },
      messageId: 'm-1',
      amqp: { contentType: 'application/json', contentEncoding: 'utf-8', absoluteExpiryTime: 5 },
    });
    expect(message.applicationProperties).toMatchObject({ level: 'high', count: 3, ok: true });
    expect(message.properties).toEqual({
      messageId: 'm-1',
      contentType: 'application/json',
      contentEncoding: 'utf-8',
    });
  });

  it("tells the hub's annotations under their names, times as text, and none of Event Hubs' own", () => {
    const { applicationProperties } = map({
      annotations: {
        'iothub-connection-module-id': 'm',
        'iothub-enqueuedtime': new Date('2026-03-01T09:59:59.5Z'),
        'dt-subject': 'thermostat',
      },
    });
    expect(applicationProperties).toMatchObject({
      'iothub-connection-device-id': 'pump',
      'iothub-connection-module-id': 'm',
      'iothub-enqueuedtime': '2026-03-01T09:59:59.500Z',
      'dt-subject': 'thermostat',
    });
    expect(Object.keys(applicationProperties).filter((name) => name.startsWith('x-opt'))).toEqual([]);
  });

  it('tells where it was read', () => {
    expect(map({}).applicationProperties).toMatchObject({
      'relay-hub': 'north',
      'relay-generation': '2',
      'relay-endpoint': 'iothub-ns-north-2.servicebus.windows.net',
      'relay-event-hub-name': 'iothub-ehub-north-1',
      'relay-partition': '3',
      'relay-sequence-number': '7',
      'relay-offset': '700',
      'relay-enqueued-time': '2026-03-01T10:00:00.123Z',
    });
  });

  it.each(['iothub-connection-device-id', 'iothub-connection-module-id', 'relay-hub'])(
    'a device cannot pass for another by a property named %s, which is kept aside',
    (name) => {
      const { applicationProperties } = map({ properties: { [name]: 'forged' } });
      expect(applicationProperties[name]).not.toBe('forged');
      expect(applicationProperties[`relay-app-${name}`]).toBe('forged');
    },
  );
});

const uuid = '0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f';
const uuidBytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');

describe('a message-id that is no text', () => {
  it('of a UUID stays its 16 bytes, a number stays one', () => {
    const amqp = { correlationId: uuidBytes };
    expect(map({ messageId: uuidBytes, amqp }).properties).toEqual({ messageId: uuidBytes, correlationId: uuidBytes });
    expect(map({ messageId: 7 }).properties).toEqual({ messageId: 7 });
  });

  it('of other bytes becomes text, for the AMQP library would write it as a broken UUID', () => {
    const large = Buffer.from('1000000000000001', 'hex');
    expect(map({ messageId: large }).properties).toEqual({ messageId: '1152921504606846977' });
    expect(map({ messageId: 'a', amqp: { correlationId: Buffer.from('abc') } }).properties).toEqual({
      messageId: 'a',
      correlationId: 'YWJj',
    });
  });
});

describe('the de-duplication key', () => {
  const keyOf = (parts: EventParts, origin = anOrigin()) =>
    mapMessage(anEvent(parts), origin, { deduplicationKey: true }).applicationProperties['relay-deduplication-key'];

  it('is there only when it is asked for', () => {
    expect(map({}).applicationProperties).not.toHaveProperty('relay-deduplication-key');
  });

  it('with a message-id is the same wherever the device sent it again', () => {
    const elsewhere = anOrigin({ hub: 'south', generation: 9, endpoint: 'other', partitionId: '0' });
    const key = keyOf({ messageId: 'm-1' });
    expect(keyOf({ messageId: 'm-1', sequenceNumber: 900 }, elsewhere)).toBe(key);
    expect(keyOf({ messageId: 'm-2' })).not.toBe(key);
    expect(keyOf({ messageId: 'm-1', annotations: { 'iothub-connection-device-id': 'other' } })).not.toBe(key);
    expect(keyOf({ messageId: 'm-1', annotations: { 'iothub-connection-module-id': 'm' } })).not.toBe(key);
  });

  it('of a UUID is one whether it was sent over AMQP, as 16 bytes, or over MQTT, as text, and wherever', () => {
    const elsewhere = anOrigin({ hub: 'south', generation: 9, endpoint: 'other', partitionId: '0' });
    const key = keyOf({ messageId: uuidBytes });
    expect(keyOf({ messageId: Buffer.from(uuidBytes), sequenceNumber: 900 }, elsewhere)).toBe(key);
    expect(keyOf({ messageId: uuid, sequenceNumber: 901 }, elsewhere)).toBe(key);
    expect(keyOf({ messageId: Buffer.alloc(16, 1) })).not.toBe(key);
  });

  it.each([7, Buffer.from('abc'), Buffer.from('1000000000000001', 'hex')])(
    'of an id of another type (%o) is the same on both hubs',
    (messageId) => {
      const elsewhere = anOrigin({ hub: 'south', endpoint: 'other' });
      expect(keyOf({ messageId, sequenceNumber: 900 }, elsewhere)).toBe(keyOf({ messageId }));
    },
  );

  it('without one is that of the place, also when another generation reads it again', () => {
    const key = keyOf({});
    expect(keyOf({}, anOrigin({ generation: 3 }))).toBe(key);
    expect(keyOf({ sequenceNumber: 8 })).not.toBe(key);
    expect(keyOf({}, anOrigin({ partitionId: '1' }))).not.toBe(key);
  });

  it('tells apart what a namespace that came back stored under the same number', () => {
    expect(keyOf({ enqueuedAt: new Date('2026-03-02T00:00:00Z') })).not.toBe(keyOf({}));
  });
});
