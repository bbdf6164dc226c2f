/** When a generation's client last showed that it works. Times in milliseconds of a monotonic clock. */
export interface LifeSigns {
  /** An event or an answer of the endpoint came, or the client was made. */
  aliveAtInMs: number;
  /** The SDK's balancing asked the store, or the client was made. */
  balancedAtInMs: number;
  /** Per partition that is read and idle: since when its endpoint has held events that do not come; undefined: it holds none. */
  behindSinceInMs: readonly (number | undefined)[];
}

export interface SilenceLimits {
  silenceLimitInMs: number;
  /** Balancing renews claims: without it the partitions go to other processes, one after the other. */
  balanceLimitInMs: number;
}

/** `silent`: nothing comes, not even answers. `stuck`: answers come, events that wait do not. `notBalancing`: the SDK's loop waits. */
export type Death = 'silent' | 'stuck' | 'notBalancing';

/**
 * Whether the client has to be made anew. A quiet hub answers, so it lives. The SDK itself notices a connection whose packets
 * vanish after 120 s only, and its balancing loop has waits of 30 s that no option reaches.
 */
export function judge(signs: LifeSigns, nowInMs: number, limits: SilenceLimits): Death | undefined {
  if (nowInMs - signs.aliveAtInMs >= limits.silenceLimitInMs) return 'silent';
  if (signs.behindSinceInMs.some((since) => since !== undefined && nowInMs - since >= limits.silenceLimitInMs))
    return 'stuck';
  return nowInMs - signs.balancedAtInMs >= limits.balanceLimitInMs ? 'notBalancing' : undefined;
}
