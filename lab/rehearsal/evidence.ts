import type { EndpointFeed } from '../hub-failover/contract.js';
import type { RehearsalOptions } from './options.js';
import type { Contents } from './contents.js';
import type { Consumers } from './readers.js';
import type { ReaderLog } from './reader-log.js';
import { lostByUs, type Numbered } from './tally.js';
import { boundInMs } from './times.js';
import type { WatchView } from './watch-client.js';
import type { World } from './world.js';

/** A message that lay unread on an endpoint when that went. */
export interface GoneMessage extends Numbered {
  readableForInMs: number;
}

/** What the verdict rests on, as far as it came. */
export interface Evidence {
  options: Omit<RehearsalOptions, 'once' | 'report' | 'limitInMs'>;
  /** When the first failover was asked for, milliseconds since 1970. */
  start: number;
  /** Why a step did not come to its end. */
  failure?: unknown;
  /** Distinct messages that devices had to send. */
  sent: number;
  accepted: readonly Numbered[];
  /** Messages that devices sent more than once, because the hub's acknowledgement was lost to them. */
  sentAgain: number;
  gone: readonly GoneMessage[];
  feeds: readonly EndpointFeed[];
  relay: ReaderLog | undefined;
  consumers: Pick<Consumers, 'log' | 'errors' | 'opened'> | undefined;
  /** As a message must arrive; undefined: no device sent it. */
  contentsSent: (message: Numbered) => Contents | undefined;
  /** How often the app's process was replaced. */
  replaced: number;
  /** Of this machine while it went on, at least 1: slowness.ts. */
  slowness: number;
  /** Undefined: the app does not answer. */
  view: WatchView | undefined;
}

/** Of all that runs, or ran until a step failed. */
export const evidenceOf = (world: World, more: Pick<Evidence, 'start' | 'failure' | 'view'>): Evidence => {
  const { lab, fleet, relay, consumers } = world.parts;
  const telemetry = lab?.telemetry('primary');
  return {
    ...more,
    options: world.options,
    sent: fleet?.ledger.counts().sent ?? 0,
    accepted: fleet?.ledger.acceptedMessages() ?? [],
    sentAgain: fleet?.ledger.resentMessages().length ?? 0,
    gone: (telemetry?.lostWithEndpoint() ?? []).map(({ body, readableForInMs }) => {
      const { deviceId, sequence } = JSON.parse(body.toString('utf8')) as Numbered;
      return { deviceId, sequence, readableForInMs };
    }),
    feeds: telemetry?.feeds() ?? [],
    relay: relay?.log,
    consumers,
    contentsSent: (message) => world.contentsSent(message),
    replaced: world.replaced,
    slowness: world.slowness,
  };
};

/** Those who should have each message. */
const readersOf = ({ relay, consumers }: Evidence): ReaderLog[] =>
  [relay, consumers?.log].filter((log) => log !== undefined);

/**
 * Messages that nobody had the time to read: they went with their endpoint sooner than a reader has to be there (the bound on delivery), and no
 * reader has them (what was on its way to one may have arrived). What lay there longer is not excused: somebody should have read it.
 */
export const lostByServiceIn = (evidence: Evidence): Numbered[] => {
  const limitInMs = boundInMs(evidence.options, evidence.slowness);
  const readers = readersOf(evidence);
  return evidence.gone.filter(
    (message) => message.readableForInMs < limitInMs && !readers.some(({ tally }) => tally.has(message)),
  );
};

/** Messages that a reader should have and has not, or not yet. */
export const missingIn = (evidence: Evidence): number => {
  const excused = lostByServiceIn(evidence);
  return Math.max(0, ...readersOf(evidence).map(({ tally }) => lostByUs(evidence.accepted, excused, tally).length));
};
