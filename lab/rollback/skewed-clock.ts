import type { HubClock } from '../hub/core/stamps.js';

export interface SkewedClock extends HubClock {
  /** Ahead of the machine's clock (positive) or behind it. */
  setSkew(skewInMs: number): void;
}

export const createSkewedClock = (): SkewedClock => {
  let skewInMs = 0;
  return {
    now: () => new Date(Date.now() + skewInMs),
    setSkew: (next) => {
      skewInMs = next;
    },
  };
};
