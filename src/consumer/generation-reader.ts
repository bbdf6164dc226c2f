import type { ReceivedEventData } from '@azure/event-hubs';
import type { ReaderClient } from './client.js';
import type { ProcessorCloseReason, ProcessorState } from './contract.js';
import { createGenerationLink, type LinkPort } from './generation-link.js';
import { keyedByGeneration } from './generation-store.js';
import { createHealth } from './health.js';
import type { LookPace } from './look-pace.js';
import { createPartitionSet } from './partition-set.js';
import { pause } from './pauses.js';
import type { ProgressTeller } from './progress-teller.js';
import type { Complaint } from './sdk-errors.js';
import { startOfPartition } from './start-of-partition.js';
import { supervise, type Told } from './supervise.js';
import { unreadError } from './unread.js';
import { writePosition } from './write-position.js';

export interface ReaderPort extends Pick<LinkPort, 'options' | 'keys' | 'connectionStringOf' | 'report'> {
  hub: string;
  /** The endpoint of another generation than this one answers. */
  elsewhereAnswers(number: number): boolean;
  teller: ProgressTeller;
  /** For the looks of all generations together. */
  pace: LookPace;
  retryDelayInMs: number;
  closeLimitInMs: number;
}

/** Reads one generation until it ends: by its view, by the end of its events, or by `stop`. */
export interface GenerationReader {
  readonly number: number;
  readonly hasEnded: boolean;
  /** Its endpoint answered when it was last asked. */
  readonly isAnswering: boolean;
  readonly state: ProcessorState['generations'][number];
  update(told: Told): void;
  /**
   * Resolves when handlers are done and ownership is given back. The first reason counts. `goesOn`: another generation reads on from here,
   * so that nothing stays unread.
   */
  stop(reason: ProcessorCloseReason, options?: { goesOn: boolean }): Promise<void>;
}

export function startGenerationReader(first: Told, port: ReaderPort): GenerationReader {
  const { options, report, teller } = port;
  const { number, endpoint } = first.generation;
  const { silenceLimitInMs } = options;
  const place = {
    endpoint: endpoint.hostName,
    eventHubName: endpoint.eventHubName,
    consumerGroup: options.consumerGroup,
  };
  const store = keyedByGeneration(options.checkpointStore, number);
  const stopping = new AbortController();
  const counters = { processed: 0, duplicates: 0, parked: 0 };
  const lookInMs = Math.min(5000, silenceLimitInMs / 4);
  const balanceLimitInMs = Math.max((options.ownershipExpiresInMs * 2) / 3, 3 * options.balanceIntervalInMs);
  const health = createHealth({ silenceLimitInMs, balanceLimitInMs }, () => performance.now());
  const lastEnqueued = new Map<string, number>();
  let told = first;
  let wake = new AbortController();
  let wish: string | undefined;
  let stopped: Promise<void> | undefined;
  let hasStopped = false;

  const processed = (
    partitionId: string,
    events: readonly ReceivedEventData[],
    { parked, again }: { parked: boolean; again: number },
  ): void => {
    const [firstEvent, last] = [events[0], events.at(-1)];
    if (firstEvent === undefined || last === undefined) return;
    counters[parked ? 'parked' : 'processed'] += events.length;
    counters.duplicates += again;
    const { sequenceNumber, enqueuedTimeUtc: enqueuedAt } = last;
    teller.processed(number, { partitionId, sequenceNumber, enqueuedAt }, firstEvent.enqueuedTimeUtc, again);
  };
  const partitions = createPartitionSet((partitionId) => ({
    options,
    partition: { hub: port.hub, generation: number, partitionId, ...place },
    write: (event) => writePosition(event, { ...place, partitionId }, { store, lastSeen: options.lastSeen, number }),
    processed: (events, outcome) => processed(partitionId, events, outcome),
    report,
    retryDelayInMs: port.retryDelayInMs,
  }));
  const startOf = async (partitionId: string, client: ReaderClient) => {
    const opened = await partitions.open(partitionId);
    if (opened === undefined) return undefined;
    const startPort = { options, generation: number, place, store, client };
    return startOfPartition(partitionId, opened, partitions.processed(partitionId), startPort);
  };
  const renewFor = (why: string): void => {
    wish = why;
    wake.abort();
  };
  const refused = async (): Promise<void> => {
    const key = link.current?.key;
    if (key !== undefined && (await port.keys.refused(key))) renewFor('the key was replaced');
  };
  const complained = (complaint: Complaint): void => {
    health.complained(complaint);
    if (complaint === 'redirect') renewFor('the endpoint answered with a redirect');
    if (complaint === 'keyRefused') refused().catch(report);
  };
  const link = createGenerationLink({
    ...port,
    endpoint,
    partitions,
    store,
    startOf,
    complained,
    alive: () => {
      health.alive();
      link.isWell();
    },
    balanced: () => health.balanced(),
    signal: stopping.signal,
  });

  const stop = (reason: ProcessorCloseReason, { goesOn } = { goesOn: false }): Promise<void> => {
    stopped ??= (async () => {
      stopping.abort();
      wake.abort();
      const left = [...partitions.readings];
      const claims = link.current?.claims;
      // A handler may take its time: what it does not hold is for others from now on.
      claims?.store.leave();
      await partitions.closeAll(reason);
      const ends = left.map(([partitionId, { position }]) => ({
        partitionId,
        lastEnqueued: lastEnqueued.get(partitionId),
        processed: position?.sequenceNumber ?? claims?.before(partitionId),
      }));
      const unread = unreadError({ generation: number, endpoint: endpoint.hostName, reason }, goesOn ? [] : ends);
      if (unread !== undefined) report(unread);
      // Nobody is there to say goodbye to, and nothing to give back.
      await link.close(reason === 'EndpointGone' ? 0 : port.closeLimitInMs);
      hasStopped = true;
    })();
    return stopped;
  };
  const run = async (): Promise<void> => {
    const reason = await supervise({
      link,
      health,
      partitions,
      store,
      place,
      checkpointsOnly: options.checkpoint.kind === 'manual',
      silenceLimitInMs,
      lookInMs,
      pace: port.pace,
      signal: stopping.signal,
      told: () => told,
      wait: async (ms) => {
        await pause(ms, wake.signal);
        wake = new AbortController();
      },
      takeWish: () => {
        const taken = wish;
        wish = undefined;
        return taken;
      },
      complained,
      elsewhereAnswers: () => port.elsewhereAnswers(number),
      lag: (partitionId, last) => {
        lastEnqueued.set(partitionId, last);
        teller.lag(number, partitionId, last);
      },
      drained: (ends) =>
        teller.drained(
          number,
          ends.map(({ partitionId, lastEnqueuedSequenceNumber: sequenceNumber, lastEnqueuedOnUtc: enqueuedAt }) => ({
            partitionId,
            sequenceNumber,
            enqueuedAt,
          })),
        ),
      report,
    });
    if (reason !== undefined) await stop(reason);
  };
  run().catch(report);

  return {
    number,
    get hasEnded() {
      return stopped !== undefined;
    },
    get isAnswering() {
      return stopped === undefined && health.isAnswering;
    },
    get state() {
      const ids = [...partitions.readings.keys()].sort((left, right) => left.localeCompare(right));
      return { number, endpoint: endpoint.hostName, state: stateNow(), partitions: ids, ...counters };
    },
    update: (next) => {
      told = next;
      wake.abort();
    },
    stop,
  };

  function stateNow(): GenerationReader['state']['state'] {
    if (hasStopped) return 'stopped';
    if (stopped !== undefined || told.generation.state === 'draining') return 'draining';
    return partitions.readings.size > 0 ? 'running' : 'starting';
  }
}
