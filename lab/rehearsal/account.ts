import { forbiddenSteps } from './allowed-order.js';
import { consumerBatchSize } from './consumer-messages.js';
import { deliveriesOf, deliveryProblems } from './deliveries.js';
import { lostByServiceIn, type Evidence } from './evidence.js';
import { createReaderLog, type ReaderLog } from './reader-log.js';
import type { ReaderReport, RehearsalReport, StageReport } from './report.js';
import { lostByUs, type Numbered } from './tally.js';
import { boundInMs } from './times.js';
import { unverifiedFailovers } from './verification.js';
import type { WatchView } from './watch-client.js';

const relayCheckpointInSeconds = 5;

/** See ReaderReport.duplicatesBound. Hands change when the app is replaced, and when consumers start and share the partitions. */
const bounds = ({ options, replaced, sentAgain }: Evidence): { relay: number; consumers: number } => {
  const { devices, rate, partitions, consumers } = options;
  return {
    relay: sentAgain + replaced * relayCheckpointInSeconds * devices * rate,
    consumers: sentAgain + Math.max(0, consumers - 1) * partitions * consumerBatchSize,
  };
};

const readerReport = (
  { tally }: ReaderLog,
  duplicatesBound: number,
  accepted: readonly Numbered[],
  excused: readonly Numbered[],
): ReaderReport => ({
  received: tally.distinct,
  duplicates: tally.repeated,
  duplicatesBound,
  outOfOrder: tally.outOfOrder,
  lostByUs: lostByUs(accepted, excused, tally).length,
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

/** The report of what happened, and the verdict. Pure: the same evidence gives the same report. */
export const accountOf = (evidence: Evidence): RehearsalReport => {
  const { options, start, failure, accepted, consumers, view, feeds } = evidence;
  const excused = lostByServiceIn(evidence);
  const relayLog = evidence.relay ?? createReaderLog();
  const relay = readerReport(relayLog, bounds(evidence).relay, accepted, excused);
  const direct =
    consumers === undefined ? null : readerReport(consumers.log, bounds(evidence).consumers, accepted, excused);
  const stages = stagesSince(view, start);
  const deliveries = deliveriesOf(feeds, consumers?.log ?? relayLog);
  const deliveryBoundInMs = boundInMs(options);
  const lost = Math.max(relay.lostByUs, direct?.lostByUs ?? 0);
  const problems = [
    ...(failure === undefined ? [] : [wordsOf(failure)]),
    ...(lost === 0 ? [] : [`${lost} messages lost by us`]),
    ...tooMany('of the relay', relay),
    ...(direct === null ? [] : tooMany('of the consumers', direct)),
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
