import { forbiddenSteps } from './allowed-order.js';
import { consumerBatchSize } from './consumer-messages.js';
import type { GenerationTimes } from './readers.js';
import type { ReaderReport, RehearsalReport, StageReport } from './report.js';
import { pollInSeconds } from './settings.js';
import { lostByUs, type Numbered, type Tally } from './tally.js';
import type { WatchView } from './watch-client.js';
import type { World } from './world.js';

/** Numbered messages that went under with an endpoint and that no reader has seen: what was on its way to one may have arrived. */
const lostByService = ({ lab, stable, consumers }: World): Numbered[] =>
  lab
    .telemetry('primary')
    .lostWithEndpoint()
    .map(({ body }) => JSON.parse(body.toString('utf8')) as Numbered)
    .filter((message) => !stable.tally.has(message) && consumers?.tally.has(message) !== true);

const relayCheckpointInSeconds = 5;

/** See ReaderReport.duplicatesBound. Hands change when the app is replaced, and when consumers start and share the partitions. */
const bounds = ({ options, replaced, fleet }: World): { relay: number; consumers: number } => {
  const sentAgain = fleet.ledger.resentMessages().length;
  const { devices, rate, partitions, consumers } = options;
  return {
    relay: sentAgain + replaced * relayCheckpointInSeconds * devices * rate,
    consumers: sentAgain + Math.max(0, consumers - 1) * partitions * consumerBatchSize,
  };
};

const readerReport = (
  tally: Tally,
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

/** Messages that a reader should have and has not yet. */
export const missing = (world: World): number => {
  const accepted = world.fleet.ledger.acceptedMessages();
  const excused = lostByService(world);
  const readers = [world.stable.tally, ...(world.consumers === undefined ? [] : [world.consumers.tally])];
  return Math.max(...readers.map((tally) => lostByUs(accepted, excused, tally).length));
};

/** Stages since the failover was started, oldest first. */
export const stagesSince = (view: WatchView | undefined, start: number): StageReport[] =>
  (view?.history ?? [])
    .toReversed()
    .flatMap(({ stages }) => stages)
    .map(({ stage, at, reason }) => ({ stage, atInMs: Math.max(0, Date.parse(at) - start), reason }));

const times = (
  generations: ReadonlyMap<number, GenerationTimes>,
): { gapInMs: number; deliveryInMs: number } | undefined => {
  const [before, after] = [...generations].toSorted(([a], [b]) => a - b).map(([, value]) => value);
  return before === undefined || after === undefined
    ? undefined
    : {
        gapInMs: after.firstEnqueuedAt - before.lastEnqueuedAt,
        deliveryInMs: after.firstHandledAt - after.firstEnqueuedAt,
      };
};

/** The report of what happened; `failure` is why a step did not come to its end. */
export const accountOf = async (world: World, start: number, failure: unknown): Promise<RehearsalReport> => {
  const { options, fleet, stable, consumers } = world;
  const view = await world.watch();
  const { sent, accepted } = fleet.ledger.counts();
  const messages = fleet.ledger.acceptedMessages();
  const excused = lostByService(world);
  const relay = readerReport(stable.tally, bounds(world).relay, messages, excused);
  const direct =
    consumers === undefined ? null : readerReport(consumers.tally, bounds(world).consumers, messages, excused);
  const stages = stagesSince(view, start);
  const measured = times(consumers?.generations ?? new Map());
  const lost = Math.max(relay.lostByUs, direct?.lostByUs ?? 0);
  const forbidden = forbiddenSteps(['steady', ...stages.map(({ stage }) => stage)]);
  const deliveryBoundInMs = pollInSeconds(options).failover * 1000 + 1000;
  const problems = [
    ...(failure === undefined ? [] : [failure instanceof Error ? failure.message : 'a step failed']),
    ...(lost === 0 ? [] : [`${lost} messages lost by us`]),
    ...[relay, direct].flatMap((reader) =>
      reader !== null && reader.duplicates > reader.duplicatesBound
        ? [`${reader.duplicates} duplicates, more than the bound of ${reader.duplicatesBound}`]
        : [],
    ),
    ...forbidden.map((step) => `stages in an order that is not allowed: ${step}`),
    ...(stages.some(({ stage }) => stage === 'verified') ? [] : ['the failover was not verified']),
    ...(consumers?.errors.some((text) => text.startsWith('parked')) === true ? ['a consumer parked a message'] : []),
  ];
  return {
    ok: problems.length === 0,
    seed: options.seed,
    problems,
    stages,
    telemetry: {
      sent,
      acceptedByHub: accepted,
      relayed: relay.received,
      duplicates: relay.duplicates,
      sentAgain: fleet.ledger.resentMessages().length,
      lostByService: excused.length,
      lostByUs: lost,
    },
    gapInMs: measured?.gapInMs ?? null,
    deliveryInMs: measured?.deliveryInMs ?? null,
    deliveryBoundInMs,
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
