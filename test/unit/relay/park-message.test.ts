import { describe, expect, it } from 'vitest';
import { parkMessage } from '../../../src/relay/park-message.js';
import { anEvent, anOrigin, type EventParts } from './support/events.js';
import { aPark } from './support/target.js';

const parked = async (parts: EventParts) => {
  const park = aPark();
  await parkMessage(park, anEvent({ sequenceNumber: 4, ...parts }), anOrigin(), 'defect');
  expect(park.items).toHaveLength(1);
  return park.items[0];
};

describe('a message that is parked', () => {
  it('keeps what it tells of itself beside its properties', async () => {
    const amqp = { contentType: 'application/json', contentEncoding: 'utf-8', correlationId: 'c-1', creationTime: 5 };
    const item = await parked({ messageId: 'm-1', amqp, properties: { level: 'high' } });
    expect(item?.properties).toMatchObject({
      'relay-cause': 'defect',
      level: 'high',
      'relay-message-id': 'm-1',
      'relay-correlation-id': 'c-1',
      'relay-content-type': 'application/json',
      'relay-content-encoding': 'utf-8',
    });
  });

  it('is kept with its bytes and where it was read when its properties have no values', async () => {
    const loop: Record<string, unknown> = {};
    loop['again'] = loop;
    const item = await parked({ body: Buffer.from('bytes'), properties: { loop } });
    expect(item).toMatchObject({ sequence: '4', reason: 'refusedByTarget', body: Buffer.from('bytes') });
    expect(item?.properties).toMatchObject({
      'relay-cause': 'defect',
      'relay-unmapped': 'TypeError',
      'relay-hub': 'north',
      'relay-sequence-number': '4',
      'relay-enqueued-time': '2026-03-01T10:00:00.123Z',
    });
    expect(item?.properties).not.toHaveProperty('loop');
  });
});
