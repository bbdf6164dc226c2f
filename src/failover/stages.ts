import type { FailoverStage } from '../consumers-document.js';

/**
 * Which stage may follow which, and why it can. What is not here is refused by name (`refuseTransition`), whoever asks.
 *
 * A missed poll may show the new endpoint at once, and a hub may fail over again before the last failover was verified.
 */
export const transitions = {
  /** `failoverStarted`: the hub is not Active any more. `endpointChanged`: polls were missed, or the endpoint moves first. */
  steady: ['failoverStarted', 'endpointChanged'],
  /** `steady`: Active again with the same endpoint, or aborted. */
  failoverStarted: ['endpointChanged', 'steady'],
  /** To itself: the endpoint has moved once more, a failback right after. `steady`: aborted. */
  endpointChanged: ['endpointChanged', 'failoverEnded', 'steady'],
  /** `endpointChanged`: not Active again, or one more endpoint. `steady`: aborted. */
  failoverEnded: ['verified', 'unverified', 'endpointChanged', 'steady'],
  verified: ['steady', 'failoverStarted', 'endpointChanged'],
  /** `verified`: an event came after all. */
  unverified: ['verified', 'steady', 'failoverStarted', 'endpointChanged'],
} as const satisfies Record<FailoverStage, readonly FailoverStage[]>;

/** `undefined` when `to` may follow `from`, else the refusal's name: `steadyToVerified`. */
export function refuseTransition(from: FailoverStage, to: FailoverStage): string | undefined {
  const allowed: readonly FailoverStage[] = transitions[from];
  return allowed.includes(to) ? undefined : `${from}To${to.charAt(0).toUpperCase()}${to.slice(1)}`;
}
