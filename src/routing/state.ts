import type { Clock } from '../clock.js';
import { codeOf } from '../errors.js';
import { defectFields, type Logger } from '../log-events.js';
import { chooseDocument, type Choice, type StoreAnswer } from './choose.js';
import { firstDocument, type RoutingDocument } from './document.js';
import type { RoutingStorePort } from './ports.js';

export interface RoutingState {
  /**
   * The last good document however old: enough for answering devices. A read that is due is waited for, but not long, and not at all while
   * storage does not answer in time. `undefined`: none was ever read.
   */
  lastGood(): Promise<KnownDocument | undefined>;
  /** A document younger than the maximum age, or `undefined`: what writers need before each write. */
  fresh(): Promise<RoutingDocument | undefined>;
  /** Age of the last confirmation, `undefined` before the first; reads nothing. */
  ageInMs(): number | undefined;
}
interface KnownDocument {
  document: RoutingDocument;
  ageInMs: number;
}

export interface RoutingStateOptions {
  stores: readonly RoutingStorePort[];
  clock: Clock;
  logger: Logger;
  /** A document older than this is read again, beside the work that goes on with it. */
  refreshInMs: number;
  /** A document older than this is no ground for a write. */
  maxAgeInMs: number;
  /**
   * May epoch 1 be made where there is no document? Only in a fresh installation: elsewhere it has been lost, with the decision
   * that was in it, and starting over could send an old active hub's changes to the one that took over.
   */
  isFreshInstallation(): Promise<boolean>;
}

/** A device may wait as long for news of the routing; after that it hears what is known. */
const ANSWER_WAIT_IN_MS = 1000;

/** Keeps the routing document in memory. There is no timer: whoever asks keeps it fresh, and concurrent readers share one read. */
export function createRoutingState(options: RoutingStateOptions): RoutingState {
  const { stores, clock, logger, refreshInMs, maxAgeInMs } = options;
  let known: { document: RoutingDocument; confirmedAt: number } | undefined;
  let reading: Promise<void> | undefined;
  let attemptedAt: number | undefined;
  /** A read took longer than an answer may; none has confirmed anything since. */
  let isSlow = false;

  const ageInMs = () => (known ? clock.monotonicInMs() - known.confirmedAt : undefined);

  async function ask(store: RoutingStorePort): Promise<StoreAnswer> {
    try {
      const found = await store.read();
      return found ? { kind: 'document', document: found.document } : { kind: 'missing' };
    } catch (error) {
      if (codeOf(error) === 'defect') logger.event('error', 'defect', defectFields(error));
      logger.event('warn', 'routing.unreadable', { store: store.name, code: codeOf(error) });
      return { kind: 'unreadable' };
    }
  }

  /** Fills the stores that have none. Losing the race to another instance is fine: the next read sees its document. */
  async function create(document: RoutingDocument, answers: StoreAnswer[]): Promise<void> {
    const missing = stores.filter((_, index) => answers[index]?.kind === 'missing');
    const results = await Promise.allSettled(missing.map((store) => store.create(document)));
    results.forEach((result, index) => {
      const store = missing[index]?.name;
      if (result.status === 'rejected')
        logger.event('warn', 'routing.unreadable', { store, code: codeOf(result.reason) });
      else if (result.value) logger.event('info', 'routing.created', { store, epoch: document.epoch });
    });
  }

  async function mayCreate(): Promise<boolean> {
    try {
      return await options.isFreshInstallation();
    } catch (error) {
      logger.event('warn', 'routing.unreadable', { store: 'ledger', code: codeOf(error) });
      return false;
    }
  }

  async function readOnce(): Promise<{ choice: Choice; answers: StoreAnswer[] }> {
    const answers = await Promise.all(stores.map(ask));
    return { choice: chooseDocument(known?.document, answers), answers };
  }

  async function refresh(): Promise<void> {
    // The age counts from before the read: what it shows is at least this old.
    let startedAt = clock.monotonicInMs();
    attemptedAt = startedAt;
    let { choice, answers } = await readOnce();
    if (choice.kind === 'create' && (await mayCreate())) {
      await create(firstDocument(clock.now()), answers);
      startedAt = clock.monotonicInMs();
      ({ choice, answers } = await readOnce());
    }
    if (choice.kind !== 'confirmed') {
      const reason = choice.kind === 'create' ? 'missing' : choice.reason;
      if (reason !== 'unreadable') logger.event('error', 'routing.conflict', { reason, epoch: known?.document.epoch });
      return;
    }
    if (choice.changed)
      logger.event('info', 'routing.changed', {
        epoch: choice.document.epoch,
        revision: choice.document.revision,
        activeHub: choice.document.activeHub,
        direction: choice.document.direction,
      });
    known = { document: choice.document, confirmedAt: startedAt };
    isSlow = false;
    if (answers.some((answer) => answer.kind === 'missing')) await create(choice.document, answers);
  }

  function refreshShared(): Promise<void> {
    reading ??= refresh().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function waitForNews(refreshing: Promise<void>): Promise<void> {
    if (isSlow) return;
    const inTime = refreshing.then(() => true);
    isSlow = !(await Promise.race([inTime, clock.sleep(ANSWER_WAIT_IN_MS).then(() => false)]));
  }

  /** Starts a read where one is due; waits for it only where what is known won't do. `anyAge`: what is known always does. */
  async function ensure({ anyAge = false } = {}): Promise<void> {
    const age = ageInMs();
    if (age !== undefined && age < refreshInMs) return;
    const usable = age !== undefined && age < maxAgeInMs;
    // After a failed read the next one waits a little, or an outage of storage would slow every answer down to its time-out.
    const tooSoon = attemptedAt !== undefined && clock.monotonicInMs() - attemptedAt < refreshInMs;
    if (!reading && tooSoon) return;
    const refreshing = refreshShared();
    if (!usable && !(anyAge && known)) {
      await refreshing;
      return;
    }
    refreshing.catch((error: unknown) => logger.event('error', 'defect', defectFields(error)));
    if (!usable) await waitForNews(refreshing);
  }

  return {
    ageInMs,
    async lastGood() {
      await ensure({ anyAge: true });
      return known && { document: known.document, ageInMs: clock.monotonicInMs() - known.confirmedAt };
    },
    async fresh() {
      await ensure();
      const age = ageInMs();
      return age !== undefined && age < maxAgeInMs ? known?.document : undefined;
    },
  };
}
