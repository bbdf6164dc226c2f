import { AppError } from '../errors.js';
import type { SharedKey } from './contract.js';
import { within } from './pauses.js';

/** The key that is used for every endpoint of the hub. */
export interface KeyHolder {
  /**
   * The held one at once: no client waits for a management call. One that is a day old is asked for beside that, unless a failover is under
   * way, and the next client has it. Waits, and rejects, only where there is none.
   */
  current(): Promise<SharedKey>;
  /** An endpoint refused `key`. Resolves to true when another one is held now. */
  refused(key: SharedKey): Promise<boolean>;
}

export interface KeyHolderPort {
  ask: () => Promise<SharedKey>;
  /** Listing keys blocks then (IoT Hub), and the keys stay the same. */
  isFailingOver: () => boolean;
  report: (error: unknown) => void;
  nowInMs: () => number;
  /** A refused key is asked for no more often. */
  askAgainInMs: number;
  /** What has not answered by then is given up, so that it can be asked again; its answer still counts. Default 30 s. */
  askLimitInMs?: number;
}

const dayInMs = 86_400_000;

export function createKeyHolder(port: KeyHolderPort): KeyHolder {
  const { ask, isFailingOver, report, nowInMs, askAgainInMs, askLimitInMs = 30_000 } = port;
  let held: SharedKey | undefined;
  let askedAtInMs = -Infinity;
  let asking: Promise<SharedKey> | undefined;
  /** Asks are numbered: what an older one answers late does not replace what a newer one has answered. */
  let lastAsk = 0;
  let lastAnswer = 0;

  const keep = async (number: number): Promise<SharedKey> => {
    const key = await ask();
    if (number > lastAnswer) {
      lastAnswer = number;
      held = key;
    }
    return key;
  };
  const askOnce = async (): Promise<SharedKey> => {
    const reply = await within(askLimitInMs, keep((lastAsk += 1)));
    if (reply !== undefined) return reply.value;
    throw new AppError('sharedKeyTimeout', `sharedKey() has not answered for ${askLimitInMs / 1000} s`, {
      retryable: true,
    });
  };
  const renew = (): Promise<SharedKey> => {
    askedAtInMs = nowInMs();
    asking ??= askOnce().finally(() => {
      asking = undefined;
    });
    return asking;
  };
  return {
    current: async () => {
      if (held === undefined) return renew();
      if (nowInMs() - askedAtInMs >= dayInMs && !isFailingOver()) renew().catch(report);
      return held;
    },
    refused: async (key) => {
      const isOther = (): boolean => held === undefined || held.key !== key.key || held.name !== key.name;
      if (isOther()) return true;
      if (isFailingOver() || nowInMs() - askedAtInMs < askAgainInMs) return false;
      try {
        await renew();
      } catch (error) {
        report(error);
      }
      return isOther();
    },
  };
}
