import { describe, expect, it } from 'vitest';
import { batchFormat, partitionKeyOf } from '../../lab/event-hubs/message-codec.js';
import { splitSections } from '../../lab/event-hubs/amqp-sections.js';
import { parseAddress } from '../../lab/event-hubs/entity-address.js';
import { createPartitionLog } from '../../lab/event-hubs/partition-log.js';
import { admitReader } from '../../lab/event-hubs/reader-admission.js';
import { verifySasToken } from '../../lab/event-hubs/sas-token.js';
import { stableHash } from '../../lab/event-hubs/stable-hash.js';
import { parseSelector } from '../../lab/event-hubs/start-position.js';
import { createHmac } from 'node:crypto';

describe('selectors', () => {
  it.each([
    [undefined, { by: 'earliest' }],
    ["amqp.annotation.x-opt-offset > '-1'", { by: 'earliest' }],
    ["amqp.annotation.x-opt-offset > '@latest'", { by: 'latest' }],
    ["amqp.annotation.x-opt-offset >= '120'", { by: 'offset', value: 120, inclusive: true }],
    ["amqp.annotation.x-opt-sequence-number > '7'", { by: 'sequenceNumber', value: 7, inclusive: false }],
    ["amqp.annotation.x-opt-enqueued-time > '1700000000000'", { by: 'enqueuedTime', value: 1_700_000_000_000 }],
  ])('reads %s', (expression, expected) => {
    expect(parseSelector(expression)).toEqual(expected);
  });

  it.each(['', "amqp.annotation.x-opt-offset < '1'", "x-opt-offset > '1'", "amqp.annotation.x-opt-offset > 'abc'"])(
    'refuses %j',
    (expression) => {
      expect(() => parseSelector(expression)).toThrow(
        expect.objectContaining({ condition: 'com.microsoft:argument-error' }),
      );
    },
  );
});

describe('addresses', () => {
  it.each([
    ['$cbs', { kind: 'cbs' }],
    ['hub/$management', { kind: 'management' }],
    ['hub', { kind: 'target', eventHub: 'hub' }],
    ['hub/Partitions/3', { kind: 'target', eventHub: 'hub', partitionId: '3' }],
    ['amqps://host:5671/hub', { kind: 'target', eventHub: 'hub' }],
    [
      'hub/ConsumerGroups/$Default/Partitions/0',
      { kind: 'consumer', eventHub: 'hub', consumerGroup: '$Default', partitionId: '0' },
    ],
    ['hub/ConsumerGroups/$Default', { kind: 'unknown' }],
    [undefined, { kind: 'unknown' }],
  ])('reads %s', (address, expected) => {
    expect(parseAddress(address)).toEqual(expected);
  });
});

describe('a partition', () => {
  it('drops the oldest beyond its retention and begins reading at what is left', () => {
    const log = createPartitionLog('0', { retentionCount: 3 });
    for (let n = 0; n < 5_000; n += 1) log.append(() => Buffer.from(String(n)));
    expect([log.firstSequenceNumber, log.nextSequenceNumber, log.length]).toEqual([4997, 5000, 3]);
    expect(log.locate({ by: 'sequenceNumber', value: 10, inclusive: true })).toBe(4997);
    expect(log.locate({ by: 'earliest' })).toBe(4997);
    expect([log.at(4996), String(log.at(4998)?.encoded)]).toEqual([undefined, '4998']);
  });

  it('keeps enqueued times in order although the clock goes back', () => {
    const times = [100, 90, 110];
    const log = createPartitionLog('0', { now: () => times.shift() ?? 0 });
    for (let n = 0; n < 3; n += 1) log.append(() => Buffer.from('x'));
    expect([0, 1, 2].map((n) => log.at(n)?.enqueuedAt)).toEqual([100, 100, 110]);
    expect(log.locate({ by: 'enqueuedTime', value: 100 })).toBe(2);
  });

  it('begins after the last one without waiting for another, but not beyond it', () => {
    const log = createPartitionLog('0');
    expect(log.locate({ by: 'earliest' })).toBe(0);
    log.append(() => Buffer.from('x'));
    expect(log.locate({ by: 'sequenceNumber', value: 0, inclusive: false })).toBe(1);
    expect(() => log.locate({ by: 'sequenceNumber', value: 1, inclusive: false })).toThrow(
      'last sequence number in the system',
    );
    expect(() => log.locate({ by: 'offset', value: 1, inclusive: false })).toThrow('last offset in the system');
  });
});

describe('admission', () => {
  it('lets an equal epoch steal and a sixth reader without epoch stay outside', () => {
    const owner = { epoch: 0 };
    expect(admitReader([owner], { epoch: 0 })).toEqual({ evict: [owner] });
    expect(admitReader([{ epoch: 3 }], { epoch: 2 })).toMatchObject({ refusal: { condition: 'amqp:link:stolen' } });
    expect(admitReader([{}, {}], { epoch: 0 })).toEqual({ evict: [{}, {}] });
    expect(admitReader([{}, {}, {}, {}, {}], {})).toMatchObject({
      refusal: { condition: 'amqp:resource-limit-exceeded' },
    });
  });
});

describe('shared access signatures', () => {
  const policy = { name: 'root', key: 'secret' };
  const sign = (resource: string, expiry: number, key = policy.key): string => {
    const sr = encodeURIComponent(resource);
    const sig = encodeURIComponent(createHmac('sha256', key).update(`${sr}\n${expiry}`).digest('base64'));
    return `SharedAccessSignature sr=${sr}&sig=${sig}&se=${expiry}&skn=root`;
  };
  const audience = 'sb://127.0.0.1:5672/hub/Partitions/0';

  it('grants what the token covers until it expires', () => {
    const claim = { path: 'hub/Partitions/0', expiresAt: 20_000 };
    expect(verifySasToken(sign(audience, 20), audience, [policy], 10_000)).toEqual(claim);
    expect(verifySasToken(sign('sb://127.0.0.1:5672/hub', 20), audience, [policy], 10_000)).toEqual(claim);
  });

  it.each([
    ['another key', sign(audience, 20, 'other'), 'InvalidSignature'],
    ['another policy', sign(audience, 20).replace('skn=root', 'skn=other'), 'InvalidSignature'],
    ['an expiry in the past', sign(audience, 10), 'ExpiredToken'],
    ['another entity', sign('sb://127.0.0.1:5672/hub2', 20), 'InvalidAudience'],
    ['no signature', 'SharedAccessSignature sr=a&se=1', 'MalformedToken'],
    ['an Entra token', 'eyJ0eXAiOi', 'MalformedToken'],
  ])('refuses %s', (_, token, reason) => {
    expect(() => verifySasToken(token, audience, [policy], 10_000)).toThrow(
      expect.objectContaining({ status: 401, message: expect.stringContaining(reason) }),
    );
  });
});

describe('encodings', () => {
  it('hashes keys as FNV-1a does', () => {
    // Vectors of the reference: http://www.isthe.com/chongo/tech/comp/fnv/
    expect([stableHash(''), stableHash('a'), stableHash('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });

  it('refuses bytes that are no AMQP message', () => {
    expect(() => splitSections(Buffer.from('hello'))).toThrow(RangeError);
    expect(() => splitSections(Buffer.from([0x00, 0x53, 0x75, 0xa0, 0x09, 0x01]))).toThrow('cut off');
    expect(partitionKeyOf([])).toBeUndefined();
    expect(batchFormat).toBe(2_147_563_264);
  });
});
