import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawTwinEvent } from '../../../src/twin/ports.js';
import { parseEvent } from '../../../src/twin/parse-event.js';
import { aLifecycle, anEvent, anUpdate, aReplace, holdsServiceField } from './events.js';

const device = { deviceId: 'd1' };
const module = { deviceId: 'd1', moduleId: 'm1' };
const parse = (raw: RawTwinEvent, hub = 'hub-one') => parseEvent(raw, hub);
const reasonOf = (raw: RawTwinEvent, hub = 'hub-one') => {
  const event = parse(raw, hub);
  return event.kind === 'park' || event.kind === 'skip' ? event.reason : event.kind;
};

describe('a twin change', () => {
  it('comes with its sections, its time and its version', () => {
    expect(parse(anUpdate(module, { tags: { a: 1 }, desired: { b: null }, reported: { c: [1] } }))).toEqual({
      kind: 'twin',
      opType: 'updateTwin',
      key: module,
      tags: { a: 1 },
      desired: { b: null },
      reported: { c: [1] },
      operationTimestamp: new Date('2025-12-31T23:59:58Z'),
      version: expect.any(Number),
    });
  });

  it('leaves out sections in which an update holds nothing but service fields', () => {
    expect(parse(anUpdate(device, { desired: {}, tags: {} }))).toEqual({
      kind: 'twin',
      opType: 'updateTwin',
      key: device,
      operationTimestamp: new Date('2025-12-31T23:59:58Z'),
      version: expect.any(Number),
    });
  });

  it('keeps empty sections of a replace and takes missing tags as empty', () => {
    expect(parse(aReplace(device, { desired: {}, reported: {} }))).toMatchObject({
      tags: {},
      desired: {},
      reported: {},
    });
  });

  it('parks a replace without desired, which is no whole twin', () => {
    expect(reasonOf(anEvent(device, 'replaceTwin', { tags: {}, properties: {} }))).toBe('wrongShape');
    expect(reasonOf(anEvent(device, 'replaceTwin', { tags: {} }))).toBe('wrongShape');
  });

  it('loses $-fields at every depth, in arrays too', () => {
    const change = parse(
      anUpdate(device, { tags: { $etag: 1, a: { $x: 1, b: [{ $y: 1, c: 2 }] } }, desired: { a: { $metadata: {} } } }),
    );
    expect(change).toMatchObject({ tags: { a: { b: [{ c: 2 }] } }, desired: { a: {} } });
    expect(change.kind === 'twin' && holdsServiceField(change.desired ?? null)).toBe(false);
  });

  it('keeps keys that JavaScript knows', () => {
    const change = parse(anEvent(device, 'updateTwin', Buffer.from('{"tags":{"__proto__":{"a":1},"constructor":2}}')));
    expect(change.kind === 'twin' && JSON.stringify(change.tags)).toBe('{"__proto__":{"a":1},"constructor":2}');
  });

  it('reads a time that the host took the Z from, and leaves out what is no time', () => {
    const withTime = (operationTimestamp: string | number) =>
      parse(anEvent(device, 'updateTwin', {}, { properties: { operationTimestamp } }));
    expect(withTime('2025-01-01T00:00:00')).toMatchObject({ operationTimestamp: new Date('2025-01-01T00:00:00Z') });
    expect(withTime('2025-01-01T02:00:00+02:00')).toMatchObject({
      operationTimestamp: new Date('2025-01-01T00:00:00Z'),
    });
    expect(withTime('soon')).not.toHaveProperty('operationTimestamp');
    expect(withTime(5)).not.toHaveProperty('operationTimestamp');
  });
});

describe('a lifecycle event', () => {
  it.each([
    ['createDeviceIdentity', 'deviceLifecycleEvents', device, 'create'],
    ['deleteDeviceIdentity', 'deviceLifecycleEvents', device, 'delete'],
    ['createDeviceIdentity', 'deviceLifecycleEvents', module, 'create'],
    ['deleteDeviceIdentity', 'deviceLifecycleEvents', module, 'delete'],
    ['createModuleIdentity', 'moduleLifecycleEvents', module, 'create'],
    ['deleteModuleIdentity', 'moduleLifecycleEvents', module, 'delete'],
  ])('%s by %s of %j is a %4$s', (opType, messageSource, key, expected) => {
    const event = parse(anEvent(key, opType, { version: 2 }, { messageSource }));
    expect(event).toMatchObject({ kind: 'lifecycle', opType: expected, key });
  });

  it('of a module must name the module', () => {
    const event = anEvent(device, 'deleteModuleIdentity', {}, { messageSource: 'moduleLifecycleEvents' });
    expect(reasonOf(event)).toBe('wrongShape');
  });
});

describe('bad input has its named outcome', () => {
  const bytes = (...values: number[]) => Uint8Array.from(values);

  it.each([
    ['not UTF-8', anEvent(device, 'updateTwin', bytes(0x22, 0xff, 0x22)), 'notJson'],
    ['not JSON', anEvent(device, 'updateTwin', Buffer.from('{"tags":')), 'notJson'],
    ['an empty body', anEvent(device, 'updateTwin', bytes()), 'notJson'],
    ['a lifecycle body that is not JSON', { ...aLifecycle(device, 'createDeviceIdentity'), body: bytes(1) }, 'notJson'],
    ['an array', anEvent(device, 'updateTwin', []), 'wrongShape'],
    ['null', anEvent(device, 'updateTwin', null), 'wrongShape'],
    ['tags that are no object', anEvent(device, 'updateTwin', { tags: [1] }), 'wrongShape'],
    ['desired that is no object', anEvent(device, 'updateTwin', { properties: { desired: 'x' } }), 'wrongShape'],
    ['properties that are no object', anEvent(device, 'updateTwin', { properties: 1 }), 'wrongShape'],
    [
      'brackets without end',
      anEvent(device, 'updateTwin', Buffer.from('['.repeat(2e5) + ']'.repeat(2e5))),
      'wrongShape',
    ],
    ['an opType of another day', anEvent(device, 'mergeTwin', {}), 'unknownOpType'],
    ['no opType', anEvent(device, 'updateTwin', {}, { properties: { opType: null } }), 'unknownOpType'],
    [
      'an opType of objects',
      anEvent(device, 'toString', {}, { messageSource: 'deviceLifecycleEvents' }),
      'unknownOpType',
    ],
    ['an opType of the other source', anEvent(device, 'createDeviceIdentity', {}), 'unknownOpType'],
    ['an opType that is a number', anEvent(device, 'updateTwin', {}, { properties: { opType: 5 } }), 'wrongShape'],
    ['a source of another day', anEvent(device, 'updateTwin', {}, { messageSource: 'weather' }), 'unknownSource'],
    ['no source', anEvent(device, 'updateTwin', {}, { messageSource: '' }), 'unknownSource'],
    ['a source of objects', anEvent(device, 'updateTwin', {}, { messageSource: 'constructor' }), 'unknownSource'],
    ['another hub', anEvent(device, 'updateTwin', {}, { properties: { hubName: 'hub-two' } }), 'unexpectedHub'],
    ['an id that no URL can name', anUpdate({ deviceId: '..' }, {}), 'invalidId'],
    ['a blank in the id', anUpdate({ deviceId: 'a b' }, {}), 'invalidId'],
    ['a long id', anUpdate({ deviceId: 'd'.repeat(129) }, {}), 'invalidId'],
    ['an empty module id', anUpdate({ deviceId: 'd', moduleId: '' }, {}), 'invalidId'],
    ['an id that is a number', anEvent(device, 'updateTwin', {}, { properties: { deviceId: 5 } }), 'wrongShape'],
    [
      'an annotation that is a number',
      anEvent(device, 'updateTwin', {}, { annotations: { 'iothub-message-source': 1 } }),
      'wrongShape',
    ],
    [
      'no id',
      anEvent(
        device,
        'updateTwin',
        {},
        { properties: { deviceId: null }, annotations: { 'iothub-connection-device-id': null } },
      ),
      'wrongShape',
    ],
    [
      'two device ids',
      anEvent(device, 'updateTwin', {}, { annotations: { 'iothub-connection-device-id': 'd2' } }),
      'wrongShape',
    ],
    [
      'two module ids',
      anEvent(module, 'updateTwin', {}, { annotations: { 'iothub-connection-module-id': 'm2' } }),
      'wrongShape',
    ],
    ['the Edge agent twin', anUpdate({ deviceId: 'd', moduleId: '$edgeAgent' }, { desired: { a: 1 } }), 'systemModule'],
    [
      'the Edge hub itself',
      aLifecycle({ deviceId: 'd', moduleId: '$edgeHub' }, 'createDeviceIdentity'),
      'systemModule',
    ],
  ])('%s: %3$s', (_, event, reason) => {
    expect(reasonOf(event)).toBe(reason);
  });

  it.each([
    ['Telemetry', 'telemetry'],
    ['DeviceMessages', 'telemetry'],
    ['digitalTwinChangeEvents', 'digitalTwinChange'],
    ['deviceConnectionStateEvents', 'connectionState'],
    ['DeviceConnectionStateEvents', 'connectionState'],
    ['deviceJobLifecycleEvents', 'jobLifecycle'],
    ['mqttBrokerMessages', 'mqttBroker'],
  ])('a message of the source %s is skipped as %s, whatever else it says', (messageSource, reason) => {
    const own = { hubName: 'elsewhere', deviceId: 'a b' };
    expect(parse(anEvent(device, 'x', Buffer.from([0xff]), { messageSource, properties: own }))).toEqual({
      kind: 'skip',
      reason,
    });
  });

  it.each(['TwinChangeEvents', 'TWINCHANGEEVENTS'])('knows its source as %s', (messageSource) => {
    expect(reasonOf(anEvent(device, 'updateTwin', { tags: { a: 1 } }, { messageSource }))).toBe('twin');
  });

  it.each<[string, RawTwinEvent, object | undefined]>([
    ['a body that is not JSON', anEvent(module, 'updateTwin', Buffer.from('{')), module],
    ['a section of null', anEvent(device, 'updateTwin', { tags: null }), device],
    ['an operation of another day', anEvent(device, 'mergeTwin', {}), device],
    ['an operation that is a number', anEvent(device, 'updateTwin', {}, { properties: { opType: 5 } }), device],
    ['no source', anEvent(device, 'updateTwin', {}, { messageSource: '' }), device],
    ['a source of another day', anEvent(device, 'updateTwin', {}, { messageSource: 'weather' }), device],
    ['a lifecycle of another day', anEvent(device, 'x', {}, { messageSource: 'deviceLifecycleEvents' }), device],
    ['another hub', anEvent(device, 'updateTwin', {}, { properties: { hubName: 'hub-two' } }), undefined],
    [
      'another hub and source',
      anEvent(device, 'updateTwin', {}, { messageSource: 'x', properties: { hubName: 'hub-two' } }),
      undefined,
    ],
    ['two device ids', anEvent(device, 'x', {}, { annotations: { 'iothub-connection-device-id': 'd2' } }), undefined],
    ['a system module', anEvent({ deviceId: 'd', moduleId: '$edgeHub' }, 'x', {}, { messageSource: 'y' }), undefined],
  ])('%s: an event that is parked tells whose it is, where that is sure', (_, event, key) => {
    const parsed = parse(event);
    expect([parsed.kind, parsed.kind === 'park' ? parsed.key : parsed]).toEqual(['park', key]);
  });

  it('never throws, whatever comes', () => {
    const bags = fc.dictionary(
      fc.constantFrom('hubName', 'deviceId', 'moduleId', 'opType', 'iothub-message-source', 'x'),
      fc.oneof(fc.constantFrom('hub-one', 'd1', 'updateTwin', 'twinChangeEvents'), fc.anything()),
    );
    fc.assert(
      fc.property(fc.uint8Array(), bags, bags, (body, properties, systemProperties) => {
        const event = parse({ body, properties, systemProperties, sequenceNumber: '1', enqueuedAt: undefined });
        expect(event.kind).toMatch(/^(twin|lifecycle|park|skip)$/);
      }),
    );
  });

  it('says in its detail what is wrong without quoting contents', () => {
    const event = parse(anEvent(device, 'updateTwin', { tags: ['secret'], properties: { desired: 'secret' } }));
    expect(event).toMatchObject({ reason: 'wrongShape', detail: 'tags: custom; properties.desired: custom' });
  });
});

describe('names', () => {
  it.each([
    ['hub-one', 'HUB-ONE'],
    ['hub-one', 'Hub-One.azure-devices.net'],
    ['hub-one.azure-devices.net', 'hub-one'],
    ['hub-one.azure-devices.net', 'HUB-ONE.azure-devices.net'],
    ['hub-one', 'hub-one.service.azure-devices.net'],
    ['hub-one.device.azure-devices.net', 'hub-one.azure-devices.net.'],
  ])('hub %s is %s', (hubName, own) => {
    expect(reasonOf(anEvent(device, 'updateTwin', {}, { properties: { hubName } }), own)).toBe('twin');
  });

  it('tells two hubs with one beginning apart', () => {
    const event = anEvent(device, 'updateTwin', {}, { properties: { hubName: 'hub-one.azure-devices.net' } });
    expect(reasonOf(event, 'hub')).toBe('unexpectedHub');
  });

  it('takes an event that names no hub', () => {
    expect(reasonOf(anEvent(device, 'updateTwin', {}, { properties: { hubName: null } }))).toBe('twin');
  });

  it('reads properties whose first letter the host made small or left', () => {
    const event = anUpdate(device, { tags: { a: 1 } });
    const properties = Object.fromEntries(
      Object.entries(event.properties).map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), value]),
    );
    expect(parse({ ...event, properties })).toEqual(parse(event));
  });

  it('falls back to the annotations for ids, and never folds their case', () => {
    const event = anEvent(
      { deviceId: 'Dev#1?%+', moduleId: 'M' },
      'updateTwin',
      {},
      {
        properties: { deviceId: null, moduleId: null },
      },
    );
    expect(parse(event)).toMatchObject({ key: { deviceId: 'Dev#1?%+', moduleId: 'M' } });
  });
});
