import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drivers, type RunningApp } from './drivers.js';
import { startEventHubLab, type EventHubLab } from './event-hub-lab.js';
import { startObserver, type Observer } from './observer.js';

const good = { body: Buffer.from('{"at":"2026-11-20T10:00:00.000Z","to":"2026-11-20T10:00:00+02:00"}') };
const bad = { body: Buffer.from([0xff, 0x00, 0x7b]) };

describe.each(drivers)('what an Event Hub trigger hands over in $name', (driver) => {
  describe.skipIf(!driver.available)('as observed', () => {
    let lab: EventHubLab;
    let observer: Observer;
    let app: RunningApp;
    const of = (name: string) => observer.find(({ functionName }) => functionName === name);

    beforeAll(async () => {
      lab = await startEventHubLab(driver.eventHubsPort);
      observer = await startObserver();
      app = await driver.start({
        fixture: 'event-hub.mjs',
        settings: { OBSERVER_URL: observer.url, ...lab.settings },
      });
    });
    afterEach(() => observer.clear());
    afterAll(async () => {
      await app?.close();
      await observer?.close();
      await lab?.close();
    });

    it("gives Buffers byte for byte with dataType 'binary', good and bad alike", async () => {
      await lab.send('binary', [good, bad]);
      expect((await of('binary')).input).toEqual([
        { buffer: good.body.toString('base64') },
        { buffer: bad.body.toString('base64') },
      ]);
    });

    it('rewrites dates inside bodies without dataType', async () => {
      await lab.send('parsed', [good]);
      expect((await of('parsed')).input).toEqual([{ at: '2026-11-20T10:00:00Z', to: '2026-11-20T08:00:00+00:00' }]);
    });

    it('fails the whole batch before the handler for one body that is not JSON without dataType, and goes on', async () => {
      await lab.send('parsed', [good, bad, good]);
      await lab.send('parsed', [{ body: Buffer.from('{"after":true}') }]);
      expect((await of('parsed')).input).toEqual([{ after: true }]);
      expect(observer.seen).toHaveLength(1);
    });

    it("gives text with dataType 'string', which the library tries to parse, dates untouched", async () => {
      await lab.send('text', [good, { body: Buffer.from('no JSON') }]);
      expect((await of('text')).input).toEqual([
        { at: '2026-11-20T10:00:00.000Z', to: '2026-11-20T10:00:00+02:00' },
        'no JSON',
      ]);
    });

    it('gives one event per call without cardinality many', async () => {
      await lab.send('single', [good, bad]);
      const seen = await observer.count(({ functionName }) => functionName === 'single', 2);
      expect(seen.map(({ input }) => input)).toEqual([
        { buffer: good.body.toString('base64') },
        { buffer: bad.body.toString('base64') },
      ]);
      expect(seen[1]?.triggerMetadata).toMatchObject({ sequenceNumber: 1, systemProperties: { sequenceNumber: 1 } });
    });

    it('tells the partition in partitionContext', async () => {
      await lab.send('binary', [good]);
      expect((await of('binary')).triggerMetadata?.['partitionContext']).toEqual({
        fullyQualifiedNamespace: expect.stringContaining('127.0.0.1'),
        eventHubName: 'binary',
        consumerGroup: '$Default',
        partitionId: '0',
        isCheckpointingAfterInvocation: true,
      });
    });

    it('drops null entries of partitionKeyArray, so that its indexes no longer match', async () => {
      lab.namespace.append('binary', 'key-1', {
        source: 'twinChangeEvents',
        deviceId: 'd1',
        body: Buffer.from('1'),
        applicationProperties: {},
        annotations: {},
      });
      await observer.find(({ functionName }) => functionName === 'binary');
      observer.clear();
      await lab.send('binary', [good, good]);
      expect((await of('binary')).triggerMetadata?.['partitionKeyArray']).toEqual([]);
    });

    it('gives longs as halves, offsets as numbers, times without Z', async () => {
      await lab.send('retried', [good, bad]);
      const { triggerMetadata } = await of('retried');
      expect(triggerMetadata?.['sequenceNumberArray']).toEqual([
        { low: 0, high: 0, unsigned: false },
        { low: 1, high: 0, unsigned: false },
      ]);
      expect(triggerMetadata?.['offsetArray']).toEqual([expect.any(Number), expect.any(Number)]);
      expect(triggerMetadata?.['enqueuedTimeUtcArray']).toEqual([
        expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/),
        expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/),
      ]);
    });

    it('keeps annotation names in systemPropertiesArray and lower-cases the first letter of property names', async () => {
      const { partitionId } = lab.namespace.append('text', 'd1', {
        source: 'twinChangeEvents',
        deviceId: 'd1',
        body: Buffer.from('{}'),
        contentType: 'application/json',
        contentEncoding: 'utf-8',
        applicationProperties: {
          opType: 'updateTwin',
          HubName: 'p',
          operationTimestamp: '2026-11-20T10:00:00.1230000Z',
        },
        annotations: { 'iothub-connection-device-id': 'd1', 'iothub-message-source': 'twinChangeEvents' },
      });
      expect(partitionId).toBe('0');
      const { triggerMetadata } = await of('text');
      expect(triggerMetadata?.['propertiesArray']).toEqual([
        { opType: 'updateTwin', hubName: 'p', operationTimestamp: '2026-11-20T10:00:00.1230000Z' },
      ]);
      expect(triggerMetadata?.['systemPropertiesArray']).toEqual([
        expect.objectContaining({
          'iothub-connection-device-id': 'd1',
          'iothub-message-source': 'twinChangeEvents',
          'content-type': 'application/json',
          sequenceNumber: expect.any(Number),
          offsetString: expect.any(String),
          enqueuedTimeUtc: expect.stringMatching(/T\d\d:\d\d:\d\d(\.\d+)?$/),
          partitionKey: 'd1',
        }),
      ]);
    });
  });
});
