import type { SharedKey } from './contract.js';

/** The key that is used for every endpoint of the hub. */
export interface KeyHolder {
  /** The held one; asked for when there is none, or when it is a day old and no failover is under way. Rejects only without any. */
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
}

const dayInMs = 86_400_000;

export function createKeyHolder({ ask, isFailingOver, report, nowInMs, askAgainInMs }: KeyHolderPort): KeyHolder {
  let held: SharedKey | undefined;
  let askedAtInMs = -Infinity;
  let asking: Promise<SharedKey> | undefined;

  const renew = async (): Promise<SharedKey> => {
    askedAtInMs = nowInMs();
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    held = await asking;
    return held;
  };
  const renewOr = async (other: SharedKey): Promise<SharedKey> => {
    try {
      return await renew();
    } catch (error) {
      report(error);
      return other;
    }
  };
  return {
    current: async () => {
      if (held === undefined) return renew();
      return nowInMs() - askedAtInMs < dayInMs || isFailingOver() ? held : renewOr(held);
    },
    refused: async (key) => {
      if (held === undefined || held.key !== key.key || held.name !== key.name) return true;
      if (isFailingOver() || nowInMs() - askedAtInMs < askAgainInMs) return false;
      const renewed = await renewOr(key);
      return renewed.key !== key.key || renewed.name !== key.name;
    },
  };
}
