import type { EndpointLook } from './endpoint-look.js';
import { createLagWatch, type LagLook } from './lag-watch.js';
import { judge, type Death, type SilenceLimits } from './life-signs.js';
import type { Complaint } from './sdk-errors.js';

/** What is known of one generation's endpoint and of the client that reads it. Times in milliseconds of a monotonic clock. */
export interface Health {
  /** Events came. */
  alive(): void;
  balanced(): void;
  complained(complaint: Complaint): void;
  looked(look: EndpointLook, partitions: readonly LagLook[]): void;
  /** A new client: it has its own time to show signs. */
  renewed(): void;
  death(isPreparing: boolean): Death | undefined;
  /** How long the endpoint has given no answer; 0 when it answered last time. */
  readonly awayForInMs: number;
  /** It answered when it was last asked. */
  readonly isAnswering: boolean;
  /** The last thing it said was that it is not here. */
  readonly isGone: 'denied' | 'refused' | undefined;
}

/** Where clients die young, limits are too tight for this place: they are doubled up to so often. */
const doublings = 3;

export function createHealth(limits: SilenceLimits, nowInMs: () => number): Health {
  const lag = createLagWatch();
  let answeredAtInMs = nowInMs();
  let aliveAtInMs = answeredAtInMs;
  let balancedAtInMs = answeredAtInMs;
  let isAway = false;
  let hasAnswered = false;
  let complaint: Complaint | undefined;
  let renewedAtInMs = answeredAtInMs;
  let factor = 1;
  let hasBegun = false;

  const alive = (): void => {
    answeredAtInMs = aliveAtInMs = nowInMs();
    isAway = false;
    hasAnswered = true;
    complaint = undefined;
  };
  return {
    alive,
    balanced: () => {
      balancedAtInMs = nowInMs();
    },
    complained: (said) => {
      complaint = said;
    },
    looked: (look, partitions) => {
      if (look.answered) alive();
      else {
        isAway = true;
      }
      lag.look(partitions, nowInMs());
    },
    renewed: () => {
      const now = nowInMs();
      const diedYoung = now - renewedAtInMs < 4 * factor * limits.silenceLimitInMs;
      factor = diedYoung && hasBegun ? Math.min(2 * factor, 2 ** doublings) : 1;
      hasBegun = true;
      aliveAtInMs = balancedAtInMs = renewedAtInMs = now;
      lag.reset();
    },
    death: (isPreparing) => {
      const now = nowInMs();
      const signs = { aliveAtInMs, balancedAtInMs: isPreparing ? now : balancedAtInMs };
      return judge({ ...signs, behindSinceInMs: lag.behindSinceInMs }, now, {
        silenceLimitInMs: factor * limits.silenceLimitInMs,
        balanceLimitInMs: factor * limits.balanceLimitInMs,
      });
    },
    get awayForInMs() {
      return isAway ? nowInMs() - answeredAtInMs : 0;
    },
    get isAnswering() {
      return hasAnswered && !isAway;
    },
    get isGone() {
      if (complaint === 'denied' || complaint === 'redirect') return 'denied';
      return complaint === 'refused' ? 'refused' : undefined;
    },
  };
}
