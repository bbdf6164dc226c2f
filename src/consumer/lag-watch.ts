/** One look at a partition that this process reads. */
export interface LagLook {
  partitionId: string;
  /** Undefined: the endpoint did not tell. */
  lastEnqueued: number | undefined;
  /** The last event that came, or the one before the start; undefined: not known. */
  reached: number | undefined;
  isBusy: boolean;
}

/** Since when the endpoint has held events for an idle reader without any of them coming. */
export interface LagWatch {
  look(looks: readonly LagLook[], nowInMs: number): void;
  readonly behindSinceInMs: readonly (number | undefined)[];
  /** A new client starts with a clean slate. */
  reset(): void;
}

export function createLagWatch(): LagWatch {
  let known = new Map<string, { reached: number; sinceInMs: number | undefined }>();
  return {
    look: (looks, nowInMs) => {
      const next: typeof known = new Map();
      for (const { partitionId, lastEnqueued, reached, isBusy } of looks) {
        if (reached === undefined || lastEnqueued === undefined) continue;
        const before = known.get(partitionId);
        const hasMoved = before?.reached !== reached;
        const isBehind = lastEnqueued > reached && !isBusy;
        const sinceInMs = !isBehind ? undefined : hasMoved ? nowInMs : (before.sinceInMs ?? nowInMs);
        next.set(partitionId, { reached, sinceInMs });
      }
      known = next;
    },
    get behindSinceInMs() {
      return [...known.values()].map(({ sinceInMs }) => sinceInMs);
    },
    reset: () => {
      known = new Map();
    },
  };
}
