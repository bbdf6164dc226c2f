import type { FailoverStage, Generation } from '../consumers-document.js';
import type { ProcessorCloseReason } from './contract.js';

/** One partition of a generation that is read to its end. */
export interface DrainLook {
  isEmpty: boolean;
  lastEnqueuedSequenceNumber: number;
  /** Processed up to here, by us or, as its checkpoint says, by another process; undefined: nothing. */
  processed: number | undefined;
}

/** The furthest of what is known; what lies behind the end of the log is of a log that is gone. Sequence numbers. */
export function processedUpTo(lastEnqueued: number, known: readonly (number | undefined)[]): number | undefined {
  const ofThisLog = known.flatMap((one) => (one !== undefined && one <= lastEnqueued ? one : []));
  return ofThisLog.length === 0 ? undefined : Math.max(...ofThisLog);
}

/** Nothing unread in any partition, and nothing came since the look before. */
export const isDrained = (looks: readonly DrainLook[], before: readonly DrainLook[] | undefined): boolean =>
  looks.length > 0 &&
  looks.every(
    ({ isEmpty, lastEnqueuedSequenceNumber, processed }, index) =>
      (isEmpty || (processed !== undefined && processed >= lastEnqueuedSequenceNumber)) &&
      before?.[index]?.lastEnqueuedSequenceNumber === lastEnqueuedSequenceNumber,
  );

/**
 * The service forwards nothing more to this endpoint. The stage speaks of the newest generation: while that one's failover is
 * under way, the generation just before it may still get events.
 */
export const isSealed = (generation: Generation, stage: FailoverStage, newest: number): boolean =>
  generation.state === 'draining' &&
  generation.number < newest &&
  (stage !== 'endpointChanged' || generation.number < newest - 1);

export interface EndQuestion {
  generation: Generation;
  sealed: boolean;
  drained: boolean;
  /** How long the endpoint has not answered, in milliseconds; 0 when it did last time. */
  awayForInMs: number;
  /** What it last said of itself: no such name, no such entity, a redirect; or nobody listens. */
  isGone: 'denied' | 'refused' | undefined;
  /** Another generation's endpoint answers this process: it is not the network. */
  elsewhereAnswers: boolean;
  silenceLimitInMs: number;
  now: Date;
}

/** So many silence limits without anybody listening are no restart of a front end any more. */
const refusedLimits = 3;

/**
 * Why a generation ends now, if it does. An endpoint that merely does not answer is waited for until the limit: it may hold unread
 * events.
 */
export function whyEnd(
  question: EndQuestion,
): Extract<ProcessorCloseReason, 'GenerationEnded' | 'EndpointGone'> | undefined {
  const { generation, sealed, drained, awayForInMs, isGone, elsewhereAnswers, silenceLimitInMs, now } = question;
  const away = awayForInMs >= silenceLimitInMs;
  const goneAfterInMs = isGone === 'refused' ? refusedLimits * silenceLimitInMs : silenceLimitInMs;
  if (sealed && isGone !== undefined && elsewhereAnswers && awayForInMs >= goneAfterInMs) return 'EndpointGone';
  if (sealed && drained && awayForInMs === 0) return 'GenerationEnded';
  if (generation.drainUntil !== undefined && generation.state !== 'running' && now >= new Date(generation.drainUntil))
    return away ? 'EndpointGone' : 'GenerationEnded';
  return undefined;
}
