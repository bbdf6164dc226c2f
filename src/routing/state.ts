import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.js';
import { codeOf } from '../errors.js';
import type { HubRole } from '../hub-model.js';
import { defectFields, type Logger } from '../log-events.js';
import { chooseDocument, type Choice, type StoreAnswer } from './choose.js';
import { compareAge, firstDocument, isOfHubs, withHubs, type HubNames, type RoutingDocument } from './document.js';
import type { OlderLife, RoutingStorePort } from './ports.js';
import { problemOf, reportProblem, type RoutingProblem } from './problem.js';
import { createStores } from './stores.js';

export interface RoutingState {
  /**
   * The highest good document however old, also one that a single store holds: enough for answering devices. A read that is due is waited for,
   * but not long, and not at all while storage does not answer in time. `undefined`: none was ever read.
   */
  lastGood(): Promise<KnownDocument | undefined>;
  /** A document younger than the maximum age that a majority holds, or `undefined`: what writers need before each write. */
  fresh(): Promise<RoutingDocument | undefined>;
  /** Resolves when the first read of this process has ended, whatever it brought; later at once. */
  firstRead(): Promise<void>;
  /** Age of the confirmation that writers may rely on, `undefined` without one; reads nothing. */
  ageInMs(): number | undefined;
  /** What the last read found wrong; reads nothing. */
  problem(): RoutingProblem | undefined;
  /** A person decides where there is no document. Without `epoch`: the one above everything that is known to have been in force. */
  makeFirst(decided: { activeHub: HubRole; epoch?: number }): Promise<FirstByHand>;
}

/** `documentExists`: it may be an invalid one, too. `storageAway`: an account that can't be read may have one. */
export type FirstByHand =
  | { kind: 'made'; document: RoutingDocument }
  | { kind: 'refused'; reason: 'documentExists' | 'storageAway' }
  | { kind: 'refused'; reason: 'epochTooLow'; highestEpoch: number };

interface KnownDocument {
  document: RoutingDocument;
  ageInMs: number;
}

export interface RoutingStateOptions {
  /** One per state account. */
  stores: readonly RoutingStorePort[];
  /** First labels of the hubs of the settings. */
  hubNames: HubNames;
  clock: Clock;
  logger: Logger;
  /** A document older than this is read again, beside the work that goes on with it. */
  refreshInMs: number;
  /** A document older than this is no ground for a write. */
  maxAgeInMs: number;
  /**
   * A sign that this is no fresh installation, asked where there is no document. Epoch 1 is made only without any: else the document has been
   * lost, with the decision that was in it, and starting over could send an old active hub's changes to the one that took over.
   */
  findOlderLife(): Promise<OlderLife | undefined>;
}

/** A device may wait as long for news of the routing; after that it hears what is known. */
const ANSWER_WAIT_IN_MS = 1000;
/** First document, then its hubs, then a majority; each is read again. Whatever is left waits for the next refresh. */
const MAX_STEPS = 4;

/** Keeps the routing document in memory. There is no timer: whoever asks keeps it fresh, and concurrent readers share one read. */
export function createRoutingState(options: RoutingStateOptions): RoutingState {
  const { hubNames, clock, logger, refreshInMs, maxAgeInMs } = options;
  const stores = createStores(options.stores, logger);
  /** The highest good document that was seen. */
  let known: { document: RoutingDocument; inForce: boolean; seenAt: number } | undefined;
  /** The last one that a majority held. */
  let confirmed: { document: RoutingDocument; at: number } | undefined;
  let problem: RoutingProblem | undefined;
  let reading: Promise<void> | undefined;
  let hasRead = false;
  let attemptedAt: number | undefined;
  /** The highest document of the read under way, before all stores have answered: better than none for the first device. */
  let heard: { document: RoutingDocument; seenAt: number } | undefined;
  /** A read took longer than an answer may; none has confirmed anything since. */
  let isSlow = false;

  const writable = () =>
    confirmed && known && compareAge(confirmed.document, known.document) >= 0 && isOfHubs(confirmed.document, hubNames)
      ? confirmed
      : undefined;
  const ageInMs = () => {
    const ground = writable();
    return ground && clock.monotonicInMs() - ground.at;
  };

  async function olderLife(): Promise<OlderLife | 'unreadable' | undefined> {
    try {
      return await options.findOlderLife();
    } catch (error) {
      logger.event('warn', 'routing.unreadable', { store: 'signs of an older life', code: codeOf(error) });
      return 'unreadable';
    }
  }

  const highestEpoch = () => Math.max(known?.document.epoch ?? 0, stores.floor());

  /** Does what the choice asks for. Resolves true when the stores are to be read again. */
  async function act(choice: Choice, answers: StoreAnswer[]): Promise<boolean> {
    if (choice.kind === 'create') {
      const sign = await olderLife();
      if (sign) problem = sign === 'unreadable' ? { reason: sign } : { reason: 'notMade', sign, highestEpoch: 0 };
      if (sign) return false;
      await stores.bringUp(firstDocument(clock.now(), hubNames), answers, [...answers.keys()]);
      return true;
    }
    // Who is in conflict with a document does not spread it.
    if (choice.kind === 'unconfirmed' || !isOfHubs(choice.document, hubNames)) return false;
    if (choice.kind === 'complete') {
      await stores.bringUp(choice.document, answers, choice.behind);
      return true;
    }
    if (choice.document.hubs) return false;
    const holders = answers.flatMap((answer, index) =>
      answer.kind === 'document' && isDeepStrictEqual(answer.document, choice.document) ? [index] : [],
    );
    await stores.bringUp(withHubs(choice.document, hubNames), answers, [...holders, ...choice.behind]);
    return true;
  }

  function learn(document: RoutingDocument, inForce: boolean, seenAt: number): void {
    const isKnown = isDeepStrictEqual(document, known?.document);
    if (!isKnown) {
      const { epoch, revision, activeHub, direction } = document;
      logger.event('info', 'routing.changed', { epoch, revision, activeHub, direction });
    }
    known = { document, inForce: inForce || (isKnown && known?.inForce === true), seenAt };
  }

  function hear(soFar: readonly StoreAnswer[], seenAt: number): void {
    if (known) return;
    const choice = chooseDocument({ floor: stores.floor() }, soFar);
    heard = choice.kind !== 'create' && choice.document ? { document: choice.document, seenAt } : undefined;
  }

  async function refresh(): Promise<void> {
    for (let step = 1; ; step += 1) {
      // The age counts from before the read: what it shows is at least this old.
      const startedAt = clock.monotonicInMs();
      attemptedAt = startedAt;
      const answers = await stores.ask((soFar) => hear(soFar, startedAt));
      const choice = chooseDocument({ ...(known && { highest: known }), floor: stores.floor() }, answers);
      problem = problemOf(choice, answers, { settings: hubNames, highestEpoch: highestEpoch() });
      if (choice.kind === 'confirmed') {
        learn(choice.document, true, startedAt);
        confirmed = { document: choice.document, at: startedAt };
        isSlow = false;
      } else if (choice.kind !== 'create' && choice.document) learn(choice.document, false, startedAt);
      if (step < MAX_STEPS && (await act(choice, answers))) continue;
      if (problem) reportProblem(logger, problem);
      if (choice.kind !== 'confirmed' || !isOfHubs(choice.document, hubNames)) return;
      await stores.bringUp(choice.document, answers, choice.behind);
      await stores.raiseMarks(choice.document, answers);
      return;
    }
  }

  async function makeFirst({ activeHub, epoch }: { activeHub: HubRole; epoch?: number }): Promise<FirstByHand> {
    const answers = await stores.ask();
    if (answers.some(({ kind }) => kind === 'document' || kind === 'invalid'))
      return { kind: 'refused', reason: 'documentExists' };
    if (answers.some(({ kind }) => kind === 'unreadable')) return { kind: 'refused', reason: 'storageAway' };
    const highest = highestEpoch();
    const document = firstDocument(clock.now(), hubNames, { activeHub, epoch: epoch ?? highest + 1 });
    if (document.epoch <= highest) return { kind: 'refused', reason: 'epochTooLow', highestEpoch: highest };
    await stores.bringUp(document, answers, [...answers.keys()]);
    await reading;
    await refreshShared();
    // Whatever is there now: somebody else may have been first, or an account may have gone.
    const isMade = isDeepStrictEqual(writable()?.document, document);
    return isMade ? { kind: 'made', document } : { kind: 'refused', reason: known ? 'documentExists' : 'storageAway' };
  }

  function refreshShared(): Promise<void> {
    reading ??= refresh().finally(() => {
      heard = undefined;
      reading = undefined;
      hasRead = true;
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
    if (!usable && !anyAge) {
      await refreshing;
      return;
    }
    refreshing.catch((error: unknown) => logger.event('error', 'defect', defectFields(error)));
    if (!usable) await waitForNews(refreshing);
    if (!known && !heard) await refreshing;
  }

  return {
    ageInMs,
    problem: () => problem,
    makeFirst,
    firstRead: async () => {
      if (!hasRead) await refreshShared();
    },
    async lastGood() {
      await ensure({ anyAge: true });
      const best = known ?? heard;
      return best && { document: best.document, ageInMs: clock.monotonicInMs() - best.seenAt };
    },
    async fresh() {
      await ensure();
      const age = ageInMs();
      return age !== undefined && age < maxAgeInMs ? writable()?.document : undefined;
    },
  };
}
