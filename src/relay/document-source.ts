import type { Clock } from '../clock.js';
import type { Progress } from '../consumers-document.js';
import type { GenerationSource, GenerationsView } from '../consumer/contract.js';
import { AppError } from '../errors.js';

/** The watch's state of record, where the relay shares its storage. */
export interface ConsumersStorePort {
  /** `undefined`: the watch has not seen this hub yet. Rejects with an AppError. */
  read(hub: string): Promise<GenerationsView | undefined>;
  /** Rejects with an AppError. */
  tell(hub: string, progress: Progress): Promise<void>;
}

export interface DocumentSourceOptions {
  hub: string;
  store: ConsumersStorePort;
  clock: Clock;
  /** Default 1000: what a new generation waits at the most once the watch has told of it. */
  pollInMs?: number;
}

/**
 * Follows the generations where the watch stores them. A lower revision than the last one is an old read and is passed over. A hub that no watch has
 * told of yet goes to `onError` as `generationsUnknown`: a relay that nobody watches for must not look healthy.
 */
export function createDocumentSource({ hub, store, clock, pollInMs = 1000 }: DocumentSourceOptions): GenerationSource {
  return {
    follow: async (listener, { signal, onError }) => {
      let revision = 0;
      const look = async (): Promise<void> => {
        const view = await store.read(hub);
        if (signal.aborted) return;
        if (!view) throw new AppError('generationsUnknown', `no watch has told of hub ${hub} yet`, { retryable: true });
        if (view.revision <= revision) return;
        revision = view.revision;
        listener(view);
      };
      const wait = (): Promise<boolean> =>
        clock.sleep(pollInMs, { abortSignal: signal }).then(
          () => true,
          (error: unknown) => {
            if (!signal.aborted) throw error;
            return false;
          },
        );
      do {
        await look().catch((error: unknown) => {
          if (!signal.aborted) onError(error);
        });
      } while (!signal.aborted && (await wait()));
    },
    tell: (progress) => store.tell(hub, progress),
  };
}
