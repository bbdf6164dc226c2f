import { EventHubConsumerClient, EventHubProducerClient, earliestEventPosition } from '@azure/event-hubs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Lab } from '../../lab/contracts.js';
import { contentsOf, contentsSent, type Contents } from '../../lab/rehearsal/contents.js';
import type { Damaged } from '../../lab/rehearsal/reader-log.js';
import { rawOfHub } from '../../lab/rehearsal/raw-message.js';
import { readStableEventHub } from '../../lab/rehearsal/readers.js';
import { startLab } from '../../lab/start-lab.js';
import { mapMessage } from '../../src/relay/map-message.js';
import type { RelayMessage } from '../../src/relay/ports.js';

const limit = { timeout: 60_000, interval: 50 };
const sequences = [1, 2, 3, 4];

let lab: Lab;
/** As the relay writes them, when nothing goes wrong. */
let relayed: RelayMessage[];
let direct: Contents[];
const sent = new Map<number, Contents>();

beforeAll(async () => {
  lab = await startLab({ eventHubsPort: 0 });
  const [key] = lab.addDevices({ hub: 'primary', count: 1, prefix: 'fleet' });
  const id = key?.deviceId ?? '';
  for (const sequence of sequences) {
    const body = Buffer.from(JSON.stringify({ deviceId: id, sequence, temperature: 20.5 }));
    const properties = { 'fleet-sequence': String(sequence), größe: '1 ½' };
    const system = { messageId: `${id}-${sequence}`, contentType: 'application/json', contentEncoding: 'utf-8' };
    lab.hub('primary').acceptTelemetry({ deviceId: id }, body, system, properties);
    sent.set(sequence, contentsSent(id, { body, properties, ...system }));
  }
  const { endpoint } = lab.failover('primary');
  const origin = { hub: 'p', generation: 1, endpoint: endpoint.hostName, eventHubName: endpoint.eventHubName };
  const client = new EventHubConsumerClient('$Default', lab.description.settings['PRIMARY_HUB_EVENTS'] ?? '');
  [relayed, direct] = [[], []];
  const subscription = client.subscribe(
    {
      processEvents: async (events, { partitionId }) => {
        for (const event of events) {
          relayed.push(mapMessage(event, { ...origin, partitionId }, { deduplicationKey: true }));
          direct.push(contentsOf(rawOfHub(event)));
        }
      },
      processError: () => Promise.resolve(),
    },
    { startPosition: earliestEventPosition, skipParsingBodyAsJson: true, maxWaitTimeInSeconds: 1 },
  );
  await vi.waitUntil(() => relayed.length === sequences.length, limit);
  await subscription.close();
  await client.close();
});
afterAll(() => lab.close());

let hubs = 0;
/** What the rehearsal's reader makes of what a relay wrote. */
const readAfter = async (messages: readonly RelayMessage[]) => {
  const eventHub = `stable-${(hubs += 1)}`;
  lab.namespace.createEventHub(eventHub, { partitions: 1 });
  const producer = new EventHubProducerClient(lab.namespace.connectionString, eventHub);
  await producer.sendBatch(messages.map((message) => ({ ...message })));
  await producer.close();
  const reading = readStableEventHub(lab, eventHub);
  const { log } = reading;
  await vi.waitUntil(() => log.tally.distinct + log.tally.repeated + log.unidentified === messages.length, limit);
  await reading.close();
  const damaged = log.damaged(({ sequence }) => sent.get(sequence));
  return { damaged, unidentified: log.unidentified, distinct: log.tally.distinct, repeated: log.tally.repeated };
};
const whole = { damaged: { body: 0, properties: 0, systemProperties: 0 }, unidentified: 0, distinct: 4, repeated: 0 };
/** The relay's messages, of which each but the first is changed. */
const damagedBy = (change: (message: RelayMessage) => Partial<RelayMessage>): RelayMessage[] =>
  relayed.map((message, index) => (index === 0 ? message : { ...message, ...change(message) }));
const without = (message: RelayMessage, isGone: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(message.applicationProperties).filter(([name]) => !isGone(name)));

describe('what consumers read', () => {
  it('is what devices sent, byte for byte, with all properties', () => {
    expect(new Set(direct.map((each) => JSON.stringify(each)))).toEqual(
      new Set([...sent.values()].map((each) => JSON.stringify(each))),
    );
  });
});

describe('what the relay writes', () => {
  it('is what devices sent', async () => {
    expect(await readAfter(relayed)).toEqual(whole);
  });

  it.each<[string, (message: RelayMessage) => Partial<RelayMessage>, Partial<Damaged>]>([
    ['cuts bodies', ({ body }) => ({ body: (body as Buffer).subarray(0, 20) }), { body: 3 }],
    [
      'writes bodies anew',
      ({ body }) => ({ body: Buffer.from(JSON.stringify(JSON.parse(String(body)), undefined, 1)) }),
      { body: 3 },
    ],
    [
      'drops the properties of devices',
      (message) => ({ applicationProperties: without(message, (name) => !/^(relay|iothub)-/.test(name)) }),
      { properties: 3 },
    ],
    [
      'alters a property',
      ({ applicationProperties: own }) => ({ applicationProperties: { ...own, größe: '1 1/2' } }),
      { properties: 3 },
    ],
    [
      'adds a property',
      ({ applicationProperties: own }) => ({ applicationProperties: { ...own, more: 'x' } }),
      { properties: 3 },
    ],
    [
      'tells of another sender',
      ({ applicationProperties: own }) => ({
        applicationProperties: { ...own, 'iothub-connection-device-id': 'another' },
      }),
      { systemProperties: 3 },
    ],
    [
      'drops when the hub took it',
      (message) => ({ applicationProperties: without(message, (name) => name === 'iothub-enqueuedtime') }),
      { systemProperties: 3 },
    ],
    [
      'drops the content type',
      ({ properties: { contentType: _contentType, ...properties } }) => ({ properties }),
      { systemProperties: 3 },
    ],
    [
      'drops all properties and most of each body, as the hostile one did',
      ({ body, properties }) => ({
        body: (body as Buffer).subarray(0, 2),
        applicationProperties: {},
        properties: { messageId: properties['messageId'] },
      }),
      { body: 3, properties: 3, systemProperties: 3 },
    ],
  ])('is found damaged by a relay that %s', async (_what, change, parts) => {
    expect(await readAfter(damagedBy(change))).toEqual({ ...whole, damaged: { ...whole.damaged, ...parts } });
  });

  it('is not identified where nothing is left of it', async () => {
    const nothing = damagedBy(() => ({ body: Buffer.from('x'), applicationProperties: {}, properties: {} }));
    expect(await readAfter(nothing)).toEqual({ ...whole, unidentified: 3, distinct: 1 });
  });

  it('is counted each time that it comes again', async () => {
    expect(await readAfter([...relayed, ...relayed, ...relayed])).toEqual({ ...whole, repeated: 8 });
  });
});
