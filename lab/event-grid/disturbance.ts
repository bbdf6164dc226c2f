import type { EventGridDisturbance } from '../contracts.js';
import type { GridEvent } from './grid-event.js';

/** What Event Grid's documents allow at any time, played on demand: no order, at least once, ids that repeat. */
export interface Disturbance {
  set(change: EventGridDisturbance): void;
  /** The event once or more often, as it shall be delivered. */
  copies(event: GridEvent): GridEvent[];
  /** Calls `release` at once, or later. */
  hold(release: () => void): void;
  close(): void;
}

/** For `reorder` without a delay of its own. */
const defaultWindowInMs = 100;

export const createDisturbance = (random: () => number): Disturbance => {
  let { duplicate, sameId, delayInMs, reorder }: Required<EventGridDisturbance> = {
    duplicate: 0,
    sameId: 0,
    delayInMs: 0,
    reorder: false,
  };
  let lastId: string | undefined;
  let window: (() => void)[] = [];
  const timers = new Set<NodeJS.Timeout>();

  const later = (run: () => void, inMs: number): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, inMs);
    timers.add(timer);
  };
  const openWindow = (): void => {
    const newestFirst = window.reverse();
    window = [];
    for (const release of newestFirst) release();
  };

  return {
    set: (change) => {
      ({ duplicate = duplicate, sameId = sameId, delayInMs = delayInMs, reorder = reorder } = change);
    },
    copies: (event) => {
      const told = lastId !== undefined && random() < sameId ? { ...event, id: lastId } : event;
      lastId = told.id;
      return random() < duplicate ? [told, told] : [told];
    },
    hold: (release) => {
      if (reorder) {
        if (window.push(release) === 1) later(openWindow, delayInMs > 0 ? delayInMs : defaultWindowInMs);
      } else if (delayInMs > 0) later(release, random() * delayInMs);
      else release();
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
};
