import { forbiddenSteps } from './allowed-order.js';
import { contentsParts } from './contents.js';
import { deliveriesOf, deliveryProblems } from './deliveries.js';
import { consumersBound, relayBound } from './duplicates-bound.js';
import { lostByServiceIn, type Evidence } from './evidence.js';
import { createReaderLog, type ReaderLog } from './reader-log.js';
import type { ReaderReport, RehearsalReport, StageReport } from './report.js';
import { lostByUs, type Numbered } from './tally.js';
import { boundInMs } from './times.js';
import { unverifiedFailovers } from './verification.js';
import type { WatchView } from './watch-client.js';

const readerReport = (
  log: ReaderLog,
  duplicatesBound: number,
  { accepted, contentsSent }: Evidence,
  excused: readonly Numbered[],
): ReaderReport => ({
  received: log.tally.distinct,
  duplicates: log.tally.repeated,
  duplicatesBound,
  outOfOrder: log.tally.outOfOrder,
  lostByUs: lostByUs(accepted, excused, log.tally).length,
  damaged: log.damaged(contentsSent),
  unidentified: log.unidentified,
});

/** Stages since the failover was started, oldest first. */
export const stagesSince = (view: WatchView | undefined, start: number): StageReport[] =>
  (view?.history ?? [])
    .toReversed()
    .flatMap(({ stages }) => stages)
    .map(({ stage, at, reason }) => ({ stage, atInMs: Math.max(0, Date.parse(at) - start), reason }));

const longest = (times: readonly (number | null)[]): number | null =>
  times.reduce((most, time) => (time === null ? most : Math.max(time, most ?? time)), null);

const wordsOf = (failure: unknown): string => (failure instanceof Error ? failure.message : 'a step failed');

const tooMany = (name: string, { duplicates, duplicatesBound }: ReaderReport): string[] =>
  duplicates > duplicatesBound ? [`${duplicates} duplicates ${name}, more than the bound of ${duplicatesBound}`] : [];

const words = { body: 'body', properties: 'properties', systemProperties: 'system properties' } as const;

const damage = (name: string, { damaged, unidentified }: ReaderReport): string[] => [
  ...contentsParts.flatMap((part) =>
    damaged[part] === 0 ? [] : [`${damaged[part]} messages ${name} with other ${words[part]} than were sent`],
  ),
  ...(unidentified === 0 ? [] : [`${unidentified} messages ${name} that nothing tells the number of`]),
];

/** The report of what happened, and the verdict. Pure: the same evidence gives the same report. */
export const accountOf = (evidence: Evidence): RehearsalReport => {
  const { options, start, failure, accepted, consumers, view, feeds } = evidence;
  const excused = lostByServiceIn(evidence);
  const relayLog = evidence.relay ?? createReaderLog();
  const relay = readerReport(relayLog, relayBound(evidence), evidence, excused);
  const direct =
    consumers === undefined ? null : readerReport(consumers.log, consumersBound(evidence), evidence, excused);
  const stages = stagesSince(view, start);
  const deliveries = deliveriesOf(feeds, consumers?.log ?? relayLog);
  const deliveryBoundInMs = boundInMs(options, evidence.slowness);
  const lost = Math.max(relay.lostByUs, direct?.lostByUs ?? 0);
  const problems = [
    ...(failure === undefined ? [] : [wordsOf(failure)]),
    ...(lost === 0 ? [] : [`${lost} messages lost by us`]),
    ...tooMany('of the relay', relay),
    ...(direct === null ? [] : tooMany('of the consumers', direct)),
    ...damage('of the relay', relay),
    ...(direct === null ? [] : damage('of the consumers', direct)),
    ...(relay.outOfOrder === 0 ? [] : [`${relay.outOfOrder} messages relayed out of order`]),
    ...deliveryProblems(deliveries, deliveryBoundInMs),
    ...forbiddenSteps(['steady', ...stages.map(({ stage }) => stage)]).map(
      (step) => `stages in an order that is not allowed: ${step}`,
    ),
    ...unverifiedFailovers(view?.history ?? [], options.failback ? 2 : 1),
    ...(consumers?.errors.some((text) => text.startsWith('parked')) === true ? ['a consumer parked a message'] : []),
  ];
  return {
    ok: problems.length === 0,
    seed: options.seed,
    problems,
    stages,
    telemetry: {
      sent: evidence.sent,
      acceptedByHub: accepted.length,
      relayed: relay.received,
      duplicates: relay.duplicates,
      sentAgain: evidence.sentAgain,
      lostByService: excused.length,
      lostByUs: lost,
    },
    gapInMs: longest(deliveries.map(({ gapInMs }) => gapInMs)),
    deliveryInMs: longest(deliveries.map(({ deliveryInMs }) => deliveryInMs)),
    deliveryBoundInMs,
    slowness: Math.round(evidence.slowness * 10) / 10,
    deliveries,
    relay,
    consumers: direct,
    generations: (view?.generations ?? []).map(({ number, endpoint, state, startedAt, firstEventAt }) => ({
      number,
      endpoint: endpoint.hostName,
      state,
      startedAt,
      firstEventAt: firstEventAt ?? null,
    })),
  };
};
