import type { CheckpointStore, PartitionProperties } from '@azure/event-hubs';
import { AppError } from '../errors.js';
import type { FailoverStage, Generation } from '../consumers-document.js';
import { isDrained, isSealed, processedUpTo, whyEnd, type DrainLook } from './drain.js';
import { lookAtEndpoint } from './endpoint-look.js';
import type { GenerationLink, Link } from './generation-link.js';
import type { Health } from './health.js';
import type { LagLook } from './lag-watch.js';
import type { Death } from './life-signs.js';
import { lookIntervalInMs, type LookPace } from './look-pace.js';
import { checkpointsOf, type PartitionSet } from './partition-set.js';
import type { Complaint } from './sdk-errors.js';

/** What the view says of a generation. */
export interface Told {
  generation: Generation;
  stage: FailoverStage;
  /** Number of the newest generation. */
  newest: number;
}

export interface SupervisionPort {
  link: GenerationLink;
  health: Health;
  partitions: PartitionSet;
  /** With keys of the generation. */
  store: CheckpointStore;
  place: { endpoint: string; eventHubName: string; consumerGroup: string };
  /** Manual checkpoints: a handler may hold in memory what it was handed, so only its checkpoints say that it is done. */
  checkpointsOnly: boolean;
  silenceLimitInMs: number;
  lookInMs: number;
  /** Shared by all generations of the processor. */
  pace: LookPace;
  signal: AbortSignal;
  told(): Told;
  /** Until the time has passed, or something happened. */
  wait(ms: number): Promise<void>;
  /** Why somebody wants another client, once. */
  takeWish(): string | undefined;
  complained(complaint: Complaint): void;
  /** The endpoint of another generation answers. */
  elsewhereAnswers(): boolean;
  lag(partitionId: string, lastEnqueuedSequenceNumber: number): void;
  /** Everything that the partitions hold was processed, and nothing more comes. */
  drained(partitions: readonly PartitionProperties[]): void;
  report(error: unknown): void;
}

const sentences: Record<Death, string> = {
  silent: 'the endpoint says nothing',
  stuck: 'the endpoint holds events that do not come',
  notBalancing: 'the client does not renew its claims',
};

/** Keeps a client at work until the generation has to end. Resolves with the reason; with undefined when the signal aborts. */
export async function supervise(port: SupervisionPort): Promise<'GenerationEnded' | 'EndpointGone' | undefined> {
  const { link, health, signal } = port;
  let drainBefore: DrainLook[] | undefined;
  let questions = 0;
  while (!signal.aborted) {
    if (link.current === undefined) {
      await link.open();
      health.renewed();
    }
    await port.wait(lookIntervalInMs(port.told().generation.state === 'running', port.lookInMs, questions));
    const { current } = link;
    if (signal.aborted || current === undefined) continue;
    const { generation, stage, newest } = port.told();
    const sealed = isSealed(generation, stage, newest);
    const properties = await look(port, current, sealed);
    questions = properties?.size ?? port.partitions.readings.size;
    if (port.signal.aborted) continue;
    const drainNow = properties === undefined ? undefined : await drainLooks(port, properties);
    const drained = drainNow !== undefined && isDrained(drainNow, drainBefore);
    const reason = whyEnd({
      generation,
      sealed,
      drained,
      awayForInMs: health.awayForInMs,
      isGone: health.isGone,
      elsewhereAnswers: port.elsewhereAnswers(),
      silenceLimitInMs: port.silenceLimitInMs,
      now: new Date(),
    });
    if (drained && reason === 'GenerationEnded') port.drained([...(properties?.values() ?? [])]);
    if (reason !== undefined) return reason;
    drainBefore = drainNow;
    const death = health.death(current.claims.isPreparing);
    const why = port.takeWish() ?? (death === undefined ? undefined : sentences[death]);
    if (why !== undefined && !signal.aborted) link.giveUp(renewal(port.place.endpoint, generation.number, why));
  }
  return undefined;
}

const renewal = (endpoint: string, generation: number, why: string): AppError =>
  new AppError('eventHubSilent', `generation ${generation} on ${endpoint}: ${why}; the client is made anew`, {
    retryable: true,
  });

/** Resolves with what all partitions of the event hub hold, when asked for all and all answered. */
async function look(
  port: SupervisionPort,
  { client, claims }: Link,
  all: boolean,
): Promise<ReadonlyMap<string, PartitionProperties> | undefined> {
  const { health, partitions } = port;
  const lookPort = { client, deadlineInMs: port.lookInMs, turn: () => port.pace(port.signal) };
  // None when they cannot be had now.
  const everyId = all ? (await lookAtEndpoint([], lookPort)).partitionIds : [];
  const own = [...partitions.readings.keys()];
  const ids = everyId.length > 0 ? everyId : own;
  const seen = await lookAtEndpoint(ids, lookPort);
  if (port.signal.aborted) return undefined;
  const looks = own.map((partitionId): LagLook => {
    const reading = partitions.get(partitionId);
    const lastEnqueued = seen.partitions.get(partitionId)?.lastEnqueuedSequenceNumber;
    if (lastEnqueued !== undefined) port.lag(partitionId, lastEnqueued);
    const reached = reading?.received ?? reading?.position?.sequenceNumber ?? claims.before(partitionId);
    const isBusy = reading?.isBusy !== false || !claims.isOpen(partitionId);
    return { partitionId, lastEnqueued, reached, isBusy };
  });
  health.looked(seen, looks);
  if (seen.complaint !== undefined) port.complained(seen.complaint);
  return everyId.length > 0 && seen.partitions.size === ids.length ? seen.partitions : undefined;
}

async function drainLooks(
  { store, place, partitions, ...port }: SupervisionPort,
  properties: ReadonlyMap<string, PartitionProperties>,
): Promise<DrainLook[] | undefined> {
  try {
    const checkpoints = await checkpointsOf(store, place);
    return [...properties].map(([partitionId, { isEmpty, lastEnqueuedSequenceNumber }]) => {
      const own = port.checkpointsOnly ? undefined : partitions.processed(partitionId);
      const known = [own?.sequenceNumber, checkpoints.get(partitionId)?.sequenceNumber];
      return { isEmpty, lastEnqueuedSequenceNumber, processed: processedUpTo(lastEnqueuedSequenceNumber, known) };
    });
  } catch (error) {
    port.report(error);
    return undefined;
  }
}
