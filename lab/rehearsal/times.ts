import type { RehearsalOptions } from './options.js';

type Scaled = Pick<RehearsalOptions, 'failover'>;

/** Times of the app that belong to the timeline are scaled with it, down to `least`. */
export const scaled = (seconds: number, { failover }: Scaled, least: number): number =>
  Math.max(least, seconds * failover.timeScale);

/** How often the watch looks. Durable's timers are kept at whole seconds, so 1 is the least that is of use. */
export const pollInSeconds = (options: Scaled): { steady: number; failover: number } => ({
  steady: scaled(30, options, 1),
  failover: scaled(5, options, 1),
});

/**
 * The bound on the way of a first message: one poll of the watch in a failover, and a second of an idle machine, which is `slowness` seconds of this one
 * (slowness.ts). A message that its endpoint held for less before it went may have been out of anyone's reach.
 */
export const boundInMs = (options: Scaled, slowness: number): number =>
  Math.round(pollInSeconds(options).failover * 1000 + 1000 * slowness);
