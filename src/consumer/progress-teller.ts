import type { ConsumerPosition, Progress } from '../consumers-document.js';
import { isAppError } from '../errors.js';
import { pause } from './pauses.js';

/** An event that was processed, as far as progress speaks of it. */
interface Processed {
  partitionId: string;
  sequenceNumber: number;
  enqueuedAt: Date;
}

/** Tells the source what was processed: at once for the first event of a generation, else at most once per interval. */
export interface ProgressTeller {
  processed(generation: number, last: Processed, first: Date, again: number): void;
  lag(generation: number, partitionId: string, lastEnqueued: number): void;
  /**
   * A generation was read to its end, by whichever processes: the last events of all its partitions. Told at once and whatever was told
   * before, for only what is told since it drains ends it for the app. `sequenceNumber` is -1 where no event ever was.
   */
  drained(generation: number, ends: readonly Processed[]): void;
  /** Tells what is left. Never rejects: what fails is reported. */
  flush(): Promise<void>;
  /** Ends telling; `flush` still works. */
  close(): void;
}

export interface TellerPort {
  tell: ((progress: Progress) => Promise<void>) | undefined;
  consumer: string;
  /** Unique: the app adds up the duplicates of one consumer's processes. */
  process: string;
  intervalInMs: number;
  report: (error: unknown) => void;
  now: () => Date;
}

interface Account {
  positions: Map<string, ConsumerPosition>;
  changed: Set<string>;
  /** Undefined: this process has processed nothing of the generation. */
  first: Progress['first'];
  isFirstTold: boolean;
  duplicates: number;
}

/** As many as one body may hold: progressSchema. */
const partitionsPerCall = 64;

export function createProgressTeller({ tell, report, now, ...port }: TellerPort): ProgressTeller {
  const accounts = new Map<number, Account>();
  const closing = new AbortController();
  let telling: Promise<void> = Promise.resolve();
  let timer: Promise<void> | undefined;

  const accountOf = (generation: number): Account => {
    const known = accounts.get(generation);
    if (known !== undefined) return known;
    const account: Account = {
      positions: new Map(),
      changed: new Set(),
      first: undefined,
      isFirstTold: false,
      duplicates: 0,
    };
    accounts.set(generation, account);
    return account;
  };
  const tellOne = async (generation: number, account: Account, ids: string[]): Promise<void> => {
    const partitions = ids.flatMap((id) => account.positions.get(id) ?? []);
    const { first } = account;
    const tellsFirst = first !== undefined && !account.isFirstTold;
    for (const id of ids) account.changed.delete(id);
    try {
      await tell?.({
        consumer: port.consumer,
        process: port.process,
        generation,
        partitions,
        duplicates: account.duplicates,
        ...(tellsFirst ? { first } : {}),
      });
      if (tellsFirst) account.isFirstTold = true;
    } catch (error) {
      // What is refused for good, such as a generation that is no longer known, would be refused again for ever.
      if (!(isAppError(error) && !error.retryable)) for (const id of ids) account.changed.add(id);
      report(error);
    }
  };
  const tellAll = async (): Promise<void> => {
    for (const [generation, account] of accounts) {
      const ids = [...account.changed];
      for (let at = 0; at < ids.length; at += partitionsPerCall)
        await tellOne(generation, account, ids.slice(at, at + partitionsPerCall));
    }
  };
  const flush = (): Promise<void> => {
    if (tell === undefined) return Promise.resolve();
    telling = telling.then(tellAll);
    return telling;
  };
  const tellLater = async (): Promise<void> => {
    await pause(port.intervalInMs, closing.signal);
    timer = undefined;
    if (closing.signal.aborted) return;
    await flush();
    // What failed is told again.
    if ([...accounts.values()].some(({ changed }) => changed.size > 0)) schedule();
  };
  const schedule = (): void => {
    if (tell !== undefined && !closing.signal.aborted) timer ??= tellLater();
  };

  return {
    processed: (generation, { partitionId, sequenceNumber, enqueuedAt }, first, again) => {
      const account = accountOf(generation);
      const isFirst = account.first === undefined;
      account.first ??= { enqueuedAt: first.toISOString(), handledAt: now().toISOString() };
      account.duplicates += again;
      account.changed.add(partitionId);
      const before = account.positions.get(partitionId);
      const lag =
        before?.lag === undefined ? {} : { lag: Math.max(0, before.sequenceNumber + before.lag - sequenceNumber) };
      account.positions.set(partitionId, { partitionId, sequenceNumber, enqueuedAt: enqueuedAt.toISOString(), ...lag });
      if (isFirst) void flush();
      schedule();
    },
    lag: (generation, partitionId, lastEnqueued) => {
      const account = accounts.get(generation);
      const position = account?.positions.get(partitionId);
      if (account === undefined || position === undefined) return;
      const lag = Math.max(0, lastEnqueued - position.sequenceNumber);
      if (lag === position.lag) return;
      account.positions.set(partitionId, { ...position, lag });
      account.changed.add(partitionId);
      schedule();
    },
    drained: (generation, ends) => {
      const account = accountOf(generation);
      for (const { partitionId, sequenceNumber, enqueuedAt } of ends) {
        account.positions.set(partitionId, {
          partitionId,
          sequenceNumber,
          enqueuedAt: enqueuedAt.toISOString(),
          lag: 0,
        });
        account.changed.add(partitionId);
      }
      void flush();
      schedule();
    },
    flush,
    close: () => closing.abort(),
  };
}
