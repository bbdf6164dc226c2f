import type { Clock } from './clock.js';
import type { Logger } from './log-events.js';

/**
 * Tells whether this process stood still a moment ago: suspended, starved, or its event loop blocked. Meanwhile another instance
 * may have taken its partitions over, and nothing in this process knows yet (docs/decisions/0005).
 */
export interface StandStillWatch {
  /** From the end of a stand-still on, until the host has had time to find out what it has lost: write nothing to a hub. */
  isUncertain(): boolean;
  close(): void;
}

export interface StandStillOptions {
  clock: Clock;
  logger: Logger;
  /** A pause longer than this may have cost partitions. */
  limitInMs: number;
  /** How long it stays uncertain afterwards: longer than the host takes between two looks at who owns which partition. */
  settleInMs: number;
}

const MAX_BEAT_IN_MS = 1_000;

/** Whoever asks notices a stand-still too, or a write would go out before the first timer runs. */
export function createStandStillWatch({ clock, logger, limitInMs, settleInMs }: StandStillOptions): StandStillWatch {
  let beatAt = clock.monotonicInMs();
  let uncertainUntil = -Infinity;

  const beat = (): void => {
    const now = clock.monotonicInMs();
    const pauseInMs = now - beatAt;
    beatAt = now;
    if (pauseInMs <= limitInMs) return;
    uncertainUntil = now + settleInMs;
    logger.event('warn', 'process.stoodStill', { pauseInMs: Math.round(pauseInMs), settleInMs });
  };
  const timer = setInterval(beat, Math.min(MAX_BEAT_IN_MS, limitInMs / 4));
  // Not what keeps a process alive.
  timer.unref();

  return {
    isUncertain() {
      beat();
      return beatAt < uncertainUntil;
    },
    close: () => clearInterval(timer),
  };
}
