import type { DirectionPort } from '../direction.js';
import type { Clock } from '../clock.js';
import { codeOf } from '../errors.js';
import { otherRole, type HubRole, type IdentityKey } from '../hub-model.js';
import { defectFields, type Logger } from '../log-events.js';
import type { CopyMemory } from './copy-look.js';
import { causeFields, type Hold } from './hold.js';
import type { Turn } from './partition-turn.js';
import type { PlannedEvent } from './plan-identity.js';
import type {
  DirtyReason,
  ParkPort,
  ParkReason,
  PositionPort,
  RawTwinEvent,
  ReplicatePort,
  ReportedPort,
  TwinCounters,
  TwinHubPort,
} from './ports.js';

/** What a replayer of one source hub needs. */
export interface ReplayerOptions {
  source: HubRole;
  /** Host name or its first label: events of any other hub are parked. */
  sourceHubName: string;
  /** The other hub. */
  target: TwinHubPort;
  direction: DirectionPort;
  replicate: ReplicatePort;
  /** Absent: reported properties are not mirrored. */
  reported?: ReportedPort;
  park: ParkPort;
  counters: TwinCounters;
  /** What was reached in each partition, shared by all instances. */
  positions: PositionPort;
  /** Of this process, new each time it starts. */
  instanceId: string;
  /** How long a partition stays an instance's that says nothing, in milliseconds. */
  leaseInMs: number;
  clock: Clock;
  logger: Logger;
  /** Identities in work at once, over all partitions. */
  concurrency: number;
  /** How long a batch waits for its target before its identities are left to repair by state. */
  holdLimitInMs: number;
  /**
   * The same for a trouble of one identity alone, and for reported properties, which are the device's own: all are repaired by
   * state as well, and must not keep the others of their partition waiting. Default 60,000.
   */
  identityHoldLimitInMs?: number;
}

export interface BatchContext {
  partitionId: string;
  eventHubName: string;
  /** With the event hub's name they tell the partition from all others. */
  namespace?: string;
  consumerGroup?: string;
}

/** The effects that several steps share. Each resolves with a hold where it could not be done. */
export interface Effects extends ReplayerOptions {
  readonly copies: CopyMemory;
  readonly turn: Pick<Turn, 'isFresh' | 'claim'>;
  readonly targetRole: HubRole;
  mark(key: IdentityKey, reason: DirtyReason, more?: MarkOptions): Promise<Hold | undefined>;
  keep(events: readonly RawTwinEvent[], reason: ParkReason, detail?: string): Promise<Hold | undefined>;
  applied(events: readonly PlannedEvent[]): void;
}

interface MarkOptions {
  /** Whose identity is marked; default: the source's. */
  source?: HubRole;
  /** Why, for the log. */
  cause?: unknown;
}

/** `options` of the replayer for the length of one batch. `onApplied` is told the newest operation time of what was applied. */
export function createEffects(
  options: ReplayerOptions & { copies: CopyMemory },
  context: BatchContext,
  turn: Effects['turn'],
  onApplied: (operationTime: Date | undefined) => void,
): Effects {
  const { logger, replicate, park, counters } = options;
  const attempt = async (work: () => Promise<void>): Promise<Hold | undefined> => {
    try {
      await work();
      return undefined;
    } catch (error) {
      // Without a record the change would be lost, whatever the error is.
      if (codeOf(error) === 'defect') logDefect(logger, error);
      return { reason: 'storageAway', hubWide: false, cause: error };
    }
  };
  return {
    ...options,
    turn,
    targetRole: otherRole(options.source),
    mark: (key, reason, { source = options.source, cause } = {}) =>
      attempt(async () => {
        await replicate.markDirty(source, key, reason);
        logger.event('info', 'twin.dirty', { hub: source, ...key, reason, ...causeFields(cause) });
      }),
    keep: (events, reason, detail) =>
      attempt(async () => {
        for (const raw of events) {
          const item = {
            source: `${context.eventHubName}-${context.partitionId}`,
            sequence: raw.sequenceNumber,
            reason,
          };
          await park.park({ ...item, body: raw.body, properties: textProperties(raw) });
          logger.event('warn', 'event.parked', { ...item, detail });
        }
      }),
    applied: (events) => {
      counters.applied(events.length);
      for (const { event, raw } of events) onApplied(event.operationTimestamp ?? raw.enqueuedAt);
    },
  };
}

export const logDefect = (logger: Logger, error: unknown, key?: IdentityKey): void =>
  logger.event('error', 'defect', { ...key, ...defectFields(error) });

const textProperties = (raw: RawTwinEvent): Record<string, string> =>
  Object.fromEntries(
    [
      ...Object.entries(raw.properties),
      ['iothub-message-source', raw.systemProperties['iothub-message-source']],
    ].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
