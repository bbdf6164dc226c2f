import type { Progress } from '../consumers-document.js';
import type { ProgressPort, WatchStorePort } from './ports.js';

export type ProgressRefusal = 'notWatchedYet' | 'unknownGeneration' | 'generationGone' | 'tooManyConsumers';

export interface TellOptions {
  store: WatchStorePort;
  progress: ProgressPort;
  /** Asks the watch to look now. Never rejects: the watch looks by itself in a while. */
  lookNow: (hub: string) => Promise<void>;
}

/**
 * Keeps what a consumer told. The first news of a generation that the watch waits for makes it look at once. Resolves with
 * `undefined`, or with why it was refused; rejects with storageUnavailable.
 */
export async function tellProgress(
  { store, progress, lookNow }: TellOptions,
  { hub, told, now }: { hub: string; told: Progress; now: Date },
): Promise<ProgressRefusal | undefined> {
  const stored = await store.read(hub);
  const newest = stored?.state.generations.at(-1);
  if (stored === undefined || newest === undefined) return 'notWatchedYet';
  if (told.generation > newest.number) return 'unknownGeneration';
  if (stored.state.generations.every(({ number }) => number !== told.generation)) return 'generationGone';
  const added = await progress.add(hub, told, now);
  if (added === 'tooManyConsumers') return added;
  const { stage } = stored.state;
  const waits = stage === 'endpointChanged' || stage === 'failoverEnded' || stage === 'unverified';
  if (waits && told.generation === newest.number && newest.firstEventAt === undefined) await lookNow(hub);
  return undefined;
}
