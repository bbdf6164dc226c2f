import { describe, expect, it } from 'vitest';
import { decodeBatch } from '../../../src/functions/twin-sync.js';

const metadata = (entries: { properties?: object; system?: object }[]) => ({
  triggerMetadata: {
    partitionContext: { partitionId: '3', eventHubName: 'devicetwin', consumerGroup: '$Default' },
    propertiesArray: entries.map((entry) => entry.properties ?? {}),
    systemPropertiesArray: entries.map((entry) => entry.system ?? {}),
  },
});

describe('decodeBatch', () => {
  it('takes each event from its own entries of the metadata', () => {
    const { events, partition } = decodeBatch(
      [Buffer.from('one'), Buffer.from('two')],
      metadata([
        { properties: { deviceId: 'a' }, system: { sequenceNumber: 7, enqueuedTimeUtc: '2026-01-02T03:04:05.678' } },
        { properties: { deviceId: 'b' }, system: { sequenceNumber: 8, 'iothub-message-source': 'twinChangeEvents' } },
      ]),
    );
    expect(partition).toEqual({ partitionId: '3', eventHubName: 'devicetwin', consumerGroup: '$Default' });
    expect(events.map((event) => [Buffer.from(event.body).toString(), event.properties, event.sequenceNumber])).toEqual(
      [
        ['one', { deviceId: 'a' }, '7'],
        ['two', { deviceId: 'b' }, '8'],
      ],
    );
    expect(events[0]?.enqueuedAt?.toISOString()).toBe('2026-01-02T03:04:05.678Z');
    expect(events[1]?.enqueuedAt).toBeUndefined();
    expect(events[1]?.systemProperties).toMatchObject({ 'iothub-message-source': 'twinChangeEvents' });
  });

  it('reads 64-bit sequence numbers as the worker hands them over', () => {
    const { events } = decodeBatch(
      [Buffer.from('x'), Buffer.from('y')],
      metadata([
        { system: { sequenceNumber: { low: -1, high: 1, unsigned: false } } },
        { system: { sequenceNumber: '9007199254740993' } },
      ]),
    );
    expect(events.map((event) => event.sequenceNumber)).toEqual(['8589934591', '9007199254740993']);
  });

  it('keeps an event whose metadata is missing: its body is decided on later', () => {
    const { events } = decodeBatch([Buffer.from('x'), Buffer.from('y')], metadata([{}]));
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({ properties: {}, systemProperties: {}, sequenceNumber: 'unknown-1' });
  });

  it('refuses a batch without a partition context: that is not the trigger it is made for', () => {
    expect(() => decodeBatch([Buffer.from('x')], { triggerMetadata: {} })).toThrow(/partitionContext/);
  });
});
