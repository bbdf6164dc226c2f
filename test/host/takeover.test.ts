import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHostProcess } from '../../lab/host/process.js';
import { startEventHubLab, type EventHubLab } from './event-hub-lab.js';
import { startObserver, type Observer } from './observer.js';

describe('a host that is killed in the middle of a batch', () => {
  let lab: EventHubLab;
  let observer: Observer;
  const start = () =>
    startHostProcess({
      entry: resolve(import.meta.dirname, 'fixtures/event-hub.mjs'),
      settings: { OBSERVER_URL: observer.url, ...lab.settings },
    });

  beforeAll(async () => {
    lab = await startEventHubLab(0, 4);
    observer = await startObserver();
  });
  afterAll(async () => {
    await observer?.close();
    await lab?.close();
  });

  it('leaves its partitions and the batch to the next one', async () => {
    observer.reply = () => new Promise(() => undefined);
    const first = await start();
    for (const partitionId of ['0', '1', '2', '3'])
      await lab.send('binary', [{ body: Buffer.from(partitionId) }], { partitionId });
    await observer.count(() => true, 4);
    await first.kill();
    observer.clear();
    observer.reply = () => ({});
    await using _second = await start();
    const again = await observer.count(() => true, 4);
    const bodies = again.flatMap(({ input }) => input as { buffer: string }[]);
    expect(bodies.map(({ buffer }) => Buffer.from(buffer, 'base64').toString()).sort()).toEqual(['0', '1', '2', '3']);
  });
});
