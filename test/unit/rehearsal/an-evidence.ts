import type { Contents } from '../../../lab/rehearsal/contents.js';
import type { Evidence, GoneMessage } from '../../../lab/rehearsal/evidence.js';
import { parseRehearsalOptions } from '../../../lab/rehearsal/options.js';
import { createReaderLog, type ReaderLog, type Received } from '../../../lab/rehearsal/reader-log.js';
import type { WatchView } from '../../../lab/rehearsal/watch-client.js';

export const start = Date.parse('2026-05-01T10:00:00Z');
export const [first, second] = ['iothub-ns-a.servicebus.windows.net', 'iothub-ns-b.servicebus.windows.net'];

export const contentsOfNumber = (sequence: number): Contents => ({
  body: `body ${sequence}`,
  properties: `properties ${sequence}`,
  systemProperties: `system ${sequence}`,
});

/** Message `sequence` of one device: stored a second after the one before, delivered 20 ms later. 1 to 3 are of generation 1, the others of 2. */
export const aReceived = (sequence: number, more: Partial<Received> = {}): Received => {
  const enqueuedAt = start + sequence * 1000;
  const generation = sequence > 3 ? 2 : 1;
  const endpoint = generation === 1 ? first : second;
  const place = { endpoint, generation, partitionId: '0' };
  const contents = contentsOfNumber(sequence);
  return { deviceId: 'd', sequence, ...place, enqueuedAt, deliveredAt: enqueuedAt + 20, contents, ...more };
};

export const aLog = (...received: readonly Received[]): ReaderLog => {
  const log = createReaderLog();
  for (const each of received) log.add(each);
  return log;
};

/** Record of a failover that went through these stages, a second each. */
export const aRecord = (...stages: string[]): WatchView['history'][number] => ({
  startedAt: new Date(start).toISOString(),
  outcome: stages.at(-1) ?? 'underWay',
  stages: stages.map((stage, index) => ({ stage, at: new Date(start + index * 1000).toISOString(), reason: 'told' })),
});

export const aView = (...history: WatchView['history']): WatchView => ({
  revision: 7,
  stage: 'verified',
  since: new Date(start).toISOString(),
  reason: 'told',
  generations: [
    {
      number: 2,
      endpoint: { hostName: second, eventHubName: 'iothub-ehub-b' },
      state: 'running',
      startedAt: new Date(start).toISOString(),
    },
  ],
  history: history.toReversed(),
});

export const numbers = [1, 2, 3, 4, 5, 6];
export const aGone = (sequence: number, readableForInMs: number): GoneMessage => ({
  deviceId: 'd',
  sequence,
  readableForInMs,
});

/** Consumers with this log; each partition was taken up once for each generation, or as often as is told. */
export const direct = (
  log: ReaderLog,
  opened = 1,
  errors: readonly string[] = [],
): NonNullable<Evidence['consumers']> => ({
  log,
  errors,
  opened: new Map([1, 2].map((generation) => [`${generation} 0`, opened])),
});

/** Six messages of one device, three on each endpoint, all with each reader: a rehearsal without a problem. Polls of a second: the bound is 2000 ms. */
export const anEvidence = (more: Partial<Evidence> = {}, args = ''): Evidence => ({
  options: parseRehearsalOptions(['--seed', '7', '--time-scale', '0.08', ...args.split(' ').filter(Boolean)]),
  start,
  sent: 6,
  accepted: numbers.map((sequence) => ({ deviceId: 'd', sequence })),
  sentAgain: 0,
  gone: [],
  feeds: [
    { hostName: first, accepted: 3, firstEnqueuedAt: start + 1000, lastEnqueuedAt: start + 3000 },
    { hostName: second, accepted: 3, firstEnqueuedAt: start + 4000, lastEnqueuedAt: start + 6000 },
  ],
  relay: aLog(...numbers.map((sequence) => aReceived(sequence))),
  consumers: direct(aLog(...numbers.map((sequence) => aReceived(sequence)))),
  contentsSent: ({ sequence }) => contentsOfNumber(sequence),
  replaced: 0,
  slowness: 1,
  view: aView(aRecord('failoverStarted', 'endpointChanged', 'failoverEnded', 'verified')),
  ...more,
});
