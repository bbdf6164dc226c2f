import type { EventHubEndpoint } from '../consumers-document.js';
import type { Clock } from '../clock.js';
import { codeOf } from '../errors.js';
import { defectFields, type Logger } from '../log-events.js';
import { changeState } from './change-state.js';
import { decide, firstState, type Decision, type UpkeepAction } from './decide.js';
import { isDubious } from './endpoint-news.js';
import { noNewsOf } from './observe.js';
import { lookAtEnds } from './look-at-ends.js';
import type { EndsPort, HubArmPort, ProgressPort, RedirectPort, WatchStorePort } from './ports.js';
import type { HubReading, RedirectReading, Snapshot, WatchTimes } from './snapshot.js';
import type { WatchState } from './watch-state.js';

export interface RoundOptions {
  hub: string;
  arm: HubArmPort;
  /** Absent without a key of the built-in endpoint. */
  redirect: RedirectPort | undefined;
  /** The setting's, used only until ARM or the redirect told one. */
  configured: EventHubEndpoint | undefined;
  /** Absent without a key of the built-in endpoint: then no report of progress ends a generation. */
  ends: EndsPort | undefined;
  /** Of one look at those: what an endpoint that is gone delays the next round by. */
  endsTimeoutInMs: number;
  store: WatchStorePort;
  progress: ProgressPort;
  clock: Clock;
  logger: Logger;
  times: WatchTimes;
  readTimeoutInMs: number;
}

/** What a round leaves to its caller. */
export interface RoundOutcome {
  actions: readonly UpkeepAction[];
  lookAgainInMs: number;
  /** The settings do not name the hub any more: its watch ends. The keeper starts one where they name it again. */
  unwatched?: boolean;
}

/** Asks one source. What goes wrong is no news, by its name. */
async function ask<T>({ logger }: RoundOptions, call: Promise<T>): Promise<T | { kind: 'failed'; code: string }> {
  try {
    return await call;
  } catch (error) {
    const code = codeOf(error);
    if (code === 'defect') logger.event('error', 'defect', defectFields(error));
    return { kind: 'failed', code };
  }
}

function askRedirect(options: RoundOptions, timeoutInMs: number): Promise<RedirectReading> | undefined {
  const { redirect } = options;
  if (redirect === undefined) return undefined;
  const call = redirect.read({ timeoutInMs }).then((endpoint) => ({ kind: 'read', endpoint }) as const);
  return ask(options, call);
}

/** ARM, and the redirect where ARM tells nothing or something that may be late. Both at once after a round in which ARM failed. */
async function look(options: RoundOptions, state: WatchState | undefined): Promise<Pick<Snapshot, 'arm' | 'redirect'>> {
  const { readTimeoutInMs, times } = options;
  const armFailed = state !== undefined && state.armReadAt !== state.lookedAt;
  const timeoutInMs = armFailed ? Math.min(readTimeoutInMs, times.failoverInMs) : readTimeoutInMs;
  const early = armFailed ? askRedirect(options, timeoutInMs) : undefined;
  const arm: HubReading = await ask(options, options.arm.read({ timeoutInMs }));
  const tellsEnough =
    arm.kind === 'read' && arm.endpoint !== undefined && !(state !== undefined && isDubious(state, arm.endpoint));
  const redirect = await (early ?? (tellsEnough ? undefined : askRedirect(options, timeoutInMs)));
  return { arm, ...(redirect === undefined ? {} : { redirect }) };
}

/** A hub that nothing is stored of begins with the first endpoint that anything tells. */
function beginWith({ hub, configured }: RoundOptions, { now, arm, redirect }: Snapshot): WatchState | undefined {
  if (arm.kind === 'read' && arm.endpoint !== undefined)
    return firstState(hub, { endpoint: arm.endpoint, source: 'arm', partitionIds: arm.partitionIds }, now);
  if (redirect?.kind === 'read')
    return firstState(hub, { endpoint: redirect.endpoint, source: 'redirect', partitionIds: [] }, now);
  return configured && firstState(hub, { endpoint: configured, source: 'setting', partitionIds: [] }, now);
}

/** Once for each change: what goes on for hours is a field of the document, not a line each round. */
function tellNews({ logger, hub }: RoundOptions, before: WatchState['noNews'], now: WatchState['noNews']): void {
  for (const source of ['arm', 'redirect'] as const) {
    const code = now?.[source];
    if (code !== undefined && code !== before?.[source]) logger.event('warn', 'failover.noNews', { hub, source, code });
  }
  if (before?.arm !== undefined && now?.arm === undefined) logger.event('info', 'failover.newsAgain', { hub });
}

function tell({ logger, hub }: RoundOptions, { steps, state }: Decision): void {
  for (const { stage, reason } of steps) {
    const level = stage === 'unverified' ? 'error' : stage === 'steady' || stage === 'verified' ? 'info' : 'warn';
    const generation = state.generations.at(-1)?.number;
    logger.event(level, 'failover.stage', { hub, stage, reason, generation, revision: state.revision });
  }
}

/** Another round looked later, so that what this one saw is older than what is stored. Much later: another machine's clock is wrong. */
function isLate({ lookedAt }: WatchState, { now }: Snapshot, { steadyInMs }: WatchTimes): boolean {
  const laterInMs = Date.parse(lookedAt) - now.getTime();
  return laterInMs > 0 && laterInMs < steadyInMs;
}

/**
 * One round of the watch: reads what is stored, looks at the hub, decides, stores. Any number of rounds may run at once, by whomever: what
 * is stored changes by compare-and-set, and whoever comes second decides anew on what the first one stored.
 */
export async function runRound(options: RoundOptions): Promise<RoundOutcome> {
  const { hub, store, clock, times } = options;
  const before = await store.read(hub);
  const [seen, progress] = await Promise.all([look(options, before?.state), options.progress.list(hub)]);
  const snapshot: Snapshot = { ...seen, now: clock.now(), progress };

  let decision: Decision | undefined;
  let told: WatchState | undefined;
  await changeState(store, hub, (stored) => {
    told = stored;
    const state = stored ?? beginWith(options, snapshot);
    decision = state === undefined || isLate(state, snapshot, times) ? undefined : decide(state, snapshot, times);
    return decision?.state;
  });
  if (decision === undefined) {
    if (told === undefined) tellNews(options, undefined, noNewsOf(snapshot).noNews);
    return { actions: [], lookAgainInMs: times.failoverInMs };
  }
  tellNews(options, told?.noNews, decision.state.noNews);
  tell(options, decision);
  const oldest = decision.state.generations[0]?.number ?? 1;
  if (progress.some(({ generation }) => generation < oldest)) await options.progress.forget(hub, oldest);
  // Once all that consumers wait for is told: an endpoint that is gone answers only by the deadline.
  if (options.ends !== undefined) {
    await lookAtEnds({ ...options, ends: options.ends, timeoutInMs: options.endsTimeoutInMs }, decision.state);
  }
  return { actions: decision.actions, lookAgainInMs: decision.lookAgainInMs };
}
