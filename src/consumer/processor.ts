import { randomUUID } from 'node:crypto';
import { connectionStringOf, type ConnectionStringOf } from './client.js';
import type { FailoverEventProcessor, FailoverEventProcessorOptions, GenerationsView } from './contract.js';
import { planGenerations } from './generation-plan.js';
import { startGenerationReader, type GenerationReader, type ReaderPort } from './generation-reader.js';
import { guardedReport } from './guarded-report.js';
import { createLookPace } from './look-pace.js';
import { settleOptions } from './options.js';
import { pause, within } from './pauses.js';
import { createProgressTeller } from './progress-teller.js';
import { createKeyHolder } from './shared-key.js';

/** What only tests change. */
export interface ProcessorInternals {
  connectionStringOf: ConnectionStringOf;
  tellIntervalInMs: number;
  /** Before a failed batch is tried again; doubled each time, up to 5 s. */
  retryDelayInMs: number;
  /** For giving ownership back and closing connections at an end. */
  closeLimitInMs: number;
  /** A refused key is asked for no more often. */
  keyAskAgainInMs: number;
}

const internalsByDefault: ProcessorInternals = {
  connectionStringOf,
  tellIntervalInMs: 3000,
  retryDelayInMs: 200,
  closeLimitInMs: 10_000,
  keyAskAgainInMs: 10_000,
};
/** Before a source that gave up is followed again. */
const followAgainInMs = 2000;

export function createProcessor(
  options: FailoverEventProcessorOptions,
  internals: Partial<ProcessorInternals> = {},
): FailoverEventProcessor {
  const settled = settleOptions(options);
  const { source, handlers } = settled;
  const { tellIntervalInMs, ...settings } = { ...internalsByDefault, ...internals };
  const report = guardedReport((error) => handlers.onError(error));
  const pace = createLookPace(() => performance.now());
  const following = new AbortController();
  const readers = new Map<number, GenerationReader>();
  /** Generations that wait for another one on the same endpoint to stop. */
  const waiting = new Set<number>();
  const firstView = Promise.withResolvers<void>();
  let view: GenerationsView | undefined;
  let followed: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  const teller = createProgressTeller({
    tell: source.tell === undefined ? undefined : (progress) => source.tell?.(progress) ?? Promise.resolve(),
    consumer: settled.consumer,
    process: randomUUID(),
    intervalInMs: tellIntervalInMs,
    report,
    now: () => new Date(),
  });
  const keys = createKeyHolder({
    ask: settled.sharedKey,
    isFailingOver: () => view?.stage === 'failoverStarted' || view?.stage === 'endpointChanged',
    report,
    nowInMs: () => performance.now(),
    askAgainInMs: settings.keyAskAgainInMs,
  });

  const stopReader = (number: number, options: { goesOn: boolean }): Promise<void> =>
    readers.get(number)?.stop('GenerationEnded', options) ?? Promise.resolve();

  /** By the newest view: it may have changed while the generation waited. */
  const startReader = (number: number): void => {
    const generation = view?.generations.find((candidate) => candidate.number === number);
    if (following.signal.aborted || view === undefined || generation === undefined || generation.state === 'stopped')
      return;
    const elsewhereAnswers = (than: number): boolean =>
      [...readers.values()].some((reader) => reader.number !== than && reader.isAnswering);
    const readerPort: ReaderPort = {
      ...settings,
      hub: view.hub,
      options: settled,
      keys,
      teller,
      pace,
      report,
      elsewhereAnswers,
    };
    readers.set(number, startGenerationReader({ generation, stage: view.stage, newest: newestOf(view) }, readerPort));
  };
  const apply = (next: GenerationsView): void => {
    if (following.signal.aborted || (view !== undefined && next.revision < view.revision)) return;
    view = next;
    const { stage } = next;
    const newest = newestOf(next);
    const ended = [...readers.values()].map(({ number, hasEnded }) => ({ number, ended: hasEnded }));
    const own = ended.filter(({ number }) => !waiting.has(number));
    const plan = planGenerations(next, [...own, ...[...waiting].map((number) => ({ number, ended: false }))]);
    for (const generation of plan.keep) readers.get(generation.number)?.update({ generation, stage, newest });
    const readOn = new Set(plan.start.map(({ after }) => after));
    const stops = new Map(plan.stop.map((number) => [number, stopReader(number, { goesOn: readOn.has(number) })]));
    for (const { generation, after } of plan.start) {
      // Also its own former reader, when it is to be read again.
      const before = after === undefined ? readers.get(generation.number)?.stop('GenerationEnded') : stops.get(after);
      if (before === undefined) startReader(generation.number);
      else {
        waiting.add(generation.number);
        before
          .finally(() => waiting.delete(generation.number))
          .then(() => startReader(generation.number))
          .catch(report);
      }
    }
    firstView.resolve();
  };
  const follow = async (): Promise<void> => {
    while (!following.signal.aborted) {
      try {
        await source.follow(apply, { signal: following.signal, onError: report });
      } catch (error) {
        report(error);
      }
      await pause(followAgainInMs, following.signal);
    }
  };

  return {
    start: async () => {
      followed ??= follow();
      await Promise.race([firstView.promise, followed]);
    },
    stop: () => {
      stopped ??= (async () => {
        following.abort();
        await Promise.all([...readers.values()].map((reader) => reader.stop('Shutdown')));
        teller.close();
        await within(settings.closeLimitInMs, teller.flush());
        // A source that does not heed the signal must not hold up the end.
        await within(settings.closeLimitInMs, followed ?? Promise.resolve());
      })();
      return stopped;
    },
    state: () => ({
      revision: view?.revision ?? 0,
      generations: [...readers.values()].map(({ state }) => state),
    }),
  };
}

const newestOf = (view: GenerationsView): number => Math.max(...view.generations.map(({ number }) => number));
