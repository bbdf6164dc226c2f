import { describe, expect, it } from 'vitest';
import { compareHubs, type HubSnapshot } from '../../../lab/compare/compare-hubs.js';
import type { Difference } from '../../../lab/compare/difference.js';
import { aHub, anEntry } from './an-entry.js';

type Entry = HubSnapshot[number];
const planted = (plant: (entry: Entry) => void): Difference[] => {
  const secondary = aHub();
  const [entry] = secondary;
  if (entry !== undefined) plant(entry);
  return compareHubs(aHub(), secondary);
};
const one = (field: Difference['field'], path = ''): Difference[] => [
  { kind: 'different', deviceId: 'pump-1', field, path },
];

describe('equal hubs', () => {
  it('have no difference', () => expect(compareHubs(aHub(), aHub())).toEqual([]));
  it('stay equal whatever belongs to each hub alone', () =>
    expect(
      planted(({ identity, twin }) => {
        identity.generationId = 'other';
        identity.etag = 'other';
        identity.connectionState = 'Connected';
        identity.lastActivityTime = '2026-01-02T00:00:00Z';
        identity.cloudToDeviceMessageCount = 7;
        twin.etag = 'other';
        twin.version = 99;
        twin.desired['$version'] = 42;
        twin.desired['$metadata'] = { $lastUpdated: '2026-01-02T00:00:00Z' };
        (twin.desired['window'] as Record<string, unknown>)['$lastUpdated'] = 'deep';
      }),
    ).toEqual([]));
  it('do not care about the order of names, nor of entries', () =>
    expect(
      compareHubs(
        [anEntry('a', { tags: { x: 1, y: { p: 1, q: 2 } } }), anEntry('b')],
        [anEntry('b'), anEntry('a', { tags: { y: { q: 2, p: 1 }, x: 1 } })],
      ),
    ).toEqual([]));
  it('take null and absent as the same managedBy and statusReason', () =>
    expect(
      planted(({ identity }) => {
        identity.managedBy = null;
      }),
    ).toEqual([]));
  it('may differ in $edgeAgent and $edgeHub', () =>
    expect(
      compareHubs(
        [...aHub(), anEntry('pump-1', { moduleId: '$edgeAgent' })],
        [...aHub(), anEntry('pump-1', { moduleId: '$edgeHub' })],
      ),
    ).toEqual([]));
});

const plants: [string, (entry: Entry) => void, Difference[]][] = [
  ['status', ({ identity }) => (identity.status = 'disabled'), one('status')],
  ['status reason', ({ identity }) => (identity.statusReason = 'stolen'), one('statusReason')],
  ['authentication type', ({ identity }) => (identity.authentication.type = 'selfSigned'), one('authenticationType')],
  ['primary key', ({ identity }) => (identity.authentication.symmetricKey.primaryKey = 'k3'), one('primaryKey')],
  ['secondary key', ({ identity }) => (identity.authentication.symmetricKey.secondaryKey = 'k3'), one('secondaryKey')],
  [
    'primary thumbprint',
    ({ identity }) => (identity.authentication.x509Thumbprint.primaryThumbprint = 'AA'),
    one('primaryThumbprint'),
  ],
  [
    'secondary thumbprint',
    ({ identity }) => (identity.authentication.x509Thumbprint.secondaryThumbprint = 'AA'),
    one('secondaryThumbprint'),
  ],
  ['Edge capability', ({ identity }) => (identity.capabilities.iotEdge = true), one('iotEdge')],
  ['tag', ({ twin }) => (twin.tags['site'] = 'elsewhere'), one('tags', '/site')],
  ['missing tag', ({ twin }) => delete twin.tags['site'], one('tags', '/site')],
  ['extra tag', ({ twin }) => (twin.tags['more'] = null), one('tags', '/more')],
  ['deep desired value', ({ twin }) => (twin.desired['window'] = { from: 1, to: 3 }), one('desired', '/window/to')],
  ['object in place of a value', ({ twin }) => (twin.desired['mode'] = {}), one('desired', '/mode')],
  [
    'order of an array',
    ({ twin }) => (twin.desired['steps'] = [3, { at: 2 }, 1]),
    [...one('desired', '/steps/0'), ...one('desired', '/steps/2')],
  ],
  ['length of an array', ({ twin }) => (twin.desired['steps'] = [1, { at: 2 }]), one('desired', '/steps')],
  ['element of an array', ({ twin }) => (twin.desired['steps'] = [1, { at: 9 }, 3]), one('desired', '/steps/1/at')],
  ['text for a number', ({ twin }) => (twin.reported['level'] = '7'), one('reported', '/level')],
  ['name with a slash', ({ twin }) => (twin.reported['a/b~c'] = 1), one('reported', '/a~1b~0c')],
];

describe('one planted difference', () => {
  it.each(plants)('%s: is found, alone', (_name, plant, expected) => {
    const found = planted(plant);
    expect(found).toEqual(expected);
  });

  it('of a module names the module', () => {
    const secondary = [...aHub(), anEntry('pump-1', { moduleId: 'camera', tags: { a: 2 } })];
    expect(compareHubs([...aHub(), anEntry('pump-1', { moduleId: 'camera', tags: { a: 1 } })], secondary)).toEqual([
      { kind: 'different', deviceId: 'pump-1', moduleId: 'camera', field: 'tags', path: '/a' },
    ]);
  });

  it('who manages a module', () => {
    const withManager = (managedBy: string): HubSnapshot => {
      const entry = anEntry('pump-1', { moduleId: 'camera' });
      entry.identity.managedBy = managedBy;
      return [entry];
    };
    expect(compareHubs(withManager('iotEdge'), withManager('me'))).toEqual([
      { kind: 'different', deviceId: 'pump-1', moduleId: 'camera', field: 'managedBy', path: '' },
    ]);
  });
});

describe('identities', () => {
  const whole = (kind: Difference['kind'], deviceId: string, moduleId?: string): Difference[] => [
    { kind, deviceId, ...(moduleId === undefined ? {} : { moduleId }), field: 'identity', path: '' },
  ];
  it('missing device', () => expect(compareHubs([...aHub(), anEntry('b')], aHub())).toEqual(whole('missing', 'b')));
  it('extra device', () => expect(compareHubs(aHub(), [...aHub(), anEntry('b')])).toEqual(whole('extra', 'b')));
  it('missing module', () =>
    expect(compareHubs([...aHub(), anEntry('pump-1', { moduleId: 'm' })], aHub())).toEqual(
      whole('missing', 'pump-1', 'm'),
    ));
  it('extra module', () =>
    expect(compareHubs(aHub(), [...aHub(), anEntry('pump-1', { moduleId: 'm' })])).toEqual(
      whole('extra', 'pump-1', 'm'),
    ));
  it('the same key twice', () =>
    expect(compareHubs(aHub(), [...aHub(), anEntry('pump-1')])).toEqual(whole('duplicate', 'pump-1')));
  it('ids that differ by case only are two devices', () =>
    expect(compareHubs([anEntry('Pump')], [anEntry('pump')])).toEqual([
      ...whole('missing', 'Pump'),
      ...whole('extra', 'pump'),
    ]));
  it('a module is never taken for a device whose id looks like both', () =>
    expect(compareHubs([anEntry('a', { moduleId: 'b' })], [anEntry('a/b')])).toHaveLength(2));
});

describe('what is not compared', () => {
  it('reported, when it is not mirrored', () => {
    const secondary = [anEntry('a', { reported: { level: 1 } })];
    expect(compareHubs([anEntry('a')], secondary, { reported: false })).toEqual([]);
    expect(compareHubs([anEntry('a')], secondary)).toHaveLength(1);
  });
  it('no value and no key is ever in an answer', () => {
    const primary = [anEntry('a', { tags: { pin: 'secret-value' } })];
    const secondary = aHub().map((entry) => ({ ...entry, identity: { ...entry.identity, deviceId: 'a' } }));
    const text = JSON.stringify(compareHubs(primary, secondary));
    expect(text).toContain('/pin');
    expect(text).not.toContain('secret-value');
  });
});
