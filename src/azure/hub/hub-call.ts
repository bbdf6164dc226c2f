import pRetry from 'p-retry';
import type { Clock } from '../../clock.js';
import { AppError, isAppError } from '../../errors.js';
import type { Logger } from '../../log-events.js';
import { translateHubError } from './hub-errors.js';

const MAX_RETRIES = 3;
const FIRST_BACKOFF_IN_MS = 200;
const MAX_BACKOFF_IN_MS = 8_000;
/** Above it the process stood still in its back-off (docs/decisions/0005). */
const MAX_OVERSLEEP_IN_MS = 10_000;
/** A hub that asks for more than this is the caller's to wait for: workers must not sit in here. */
const MAX_RETRY_AFTER_IN_MS = 10_000;

export interface HubCallOptions {
  hostName: string;
  /** For one call, its repetitions included. */
  callTimeoutInMs: number;
  clock: Clock;
  logger: Logger;
  /** 0 to below 1. Default Math.random. */
  random?: () => number;
  /** Told of each 429, also of those that a repetition makes good. */
  onThrottled?: (what: string) => void;
  /** Told of each answer that the hub's tier has no such operation, and of each call that went well. */
  onTier?: (what: string, isSupported: boolean) => void;
}
export type HubCall = <T>(what: string, attempt: (signal: AbortSignal) => Promise<T>) => Promise<T>;

/**
 * What is worth another try at once. Not failing over, quota, unauthorized and not found: those take minutes or a person. A repeated conditional
 * write may meet its own success and then says preconditionFailed or alreadyExists: callers read again after those.
 */
const isWorthAnotherTry = (error: Error): error is AppError =>
  isAppError(error, 'hubUnreachable', 'hubThrottled', 'hubUnavailable', 'hubBadAnswer');

/** Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"), or what the service asks if that is longer. */
const delayOf = (error: AppError, attemptNumber: number, random: () => number): number => {
  const backoff = random() * Math.min(MAX_BACKOFF_IN_MS, FIRST_BACKOFF_IN_MS * 2 ** (attemptNumber - 1));
  return Math.round(Math.max(backoff, error.retryAfterInMs ?? 0));
};

/** Runs hub calls with a deadline and bounded repetition. Rejects with an AppError, or with a defect as it is. */
export const createHubCall = (options: HubCallOptions): HubCall => {
  const { hostName, callTimeoutInMs, clock, logger, random = Math.random } = options;
  const mayRetry = async (what: string, error: Error, attempt: number, startedAt: number, signal: AbortSignal) => {
    if (!isWorthAnotherTry(error) || (error.retryAfterInMs ?? 0) > MAX_RETRY_AFTER_IN_MS) {
      return false;
    }
    const delayInMs = delayOf(error, attempt, random);
    // What is known now is better than a timeout later.
    if (clock.monotonicInMs() - startedAt + delayInMs >= callTimeoutInMs) {
      return false;
    }
    const { code, serviceCode } = error;
    logger.event('warn', 'hub.retry', { hub: hostName, call: what, code, serviceCode, attempt, delayInMs });
    const wakeAt = clock.monotonicInMs() + delayInMs;
    await clock.sleep(delayInMs, { abortSignal: signal });
    // A process that stood still meanwhile wakes up here before its deadline's timer runs: this write may be long out of date.
    const now = clock.monotonicInMs();
    return now - startedAt < callTimeoutInMs && now - wakeAt < MAX_OVERSLEEP_IN_MS;
  };

  return async (what, attempt) => {
    const controller = new AbortController();
    const { signal } = controller;
    const startedAt = clock.monotonicInMs();
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        const message = `${what}: no answer in ${callTimeoutInMs} ms, the outcome is unknown`;
        const error = new AppError('hubTimeout', message, { retryable: true });
        reject(error);
        controller.abort(error);
      }, callTimeoutInMs);
    });
    const tryOnce = async () => {
      try {
        const answer = await attempt(signal);
        options.onTier?.(what, true);
        return answer;
      } catch (error) {
        const translated = translateHubError(what, error);
        if (isAppError(translated, 'hubThrottled')) options.onThrottled?.(what);
        if (isAppError(translated, 'tierNotSupported')) options.onTier?.(what, false);
        throw translated;
      }
    };
    try {
      // The race also ends calls that hang before there is a request to abort: while a token is fetched.
      return await Promise.race([
        deadline,
        pRetry(tryOnce, {
          retries: MAX_RETRIES,
          minTimeout: 0,
          factor: 1,
          signal,
          shouldRetry: ({ error, attemptNumber }) => mayRetry(what, error, attemptNumber, startedAt, signal),
        }),
      ]);
    } finally {
      clearTimeout(timer);
    }
  };
};
