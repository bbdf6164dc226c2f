import type { EventHubEndpoint } from '../consumers-document.js';
import type { Snapshot } from './snapshot.js';
import { endpointText, type EndpointSource, type WatchState } from './watch-state.js';

/** What a snapshot tells of the built-in endpoint. */
export type EndpointNews =
  | { kind: 'none' }
  /** `byArm`: what else ARM says is of this endpoint's time, and counts. */
  | { kind: 'same'; byArm: boolean }
  | { kind: 'moved'; endpoint: EventHubEndpoint; source: EndpointSource; partitionIds: readonly string[] }
  /** An endpoint that was left, where a late answer is likelier than a return: look again before following it. */
  | { kind: 'doubted'; endpoint: string }
  /** Not followed; what was told with it is as old as it is. */
  | { kind: 'refused'; reason: 'armBehindRedirect' | 'redirectBehind' };

/** The endpoint that the newest generation replaced. */
const leftEndpoint = ({ generations }: WatchState): string | undefined => {
  const left = generations.at(-2);
  return left && endpointText(left.endpoint);
};

/** ARM tells the endpoint that was left, although nothing of ARM's has confirmed the newest, or while that failover is still under way. */
export function isDubious(state: WatchState, endpoint: EventHubEndpoint): boolean {
  if (endpointText(endpoint) !== leftEndpoint(state)) return false;
  return state.generations.at(-1)?.source !== 'arm' || state.stage === 'endpointChanged';
}

/**
 * ARM first; without it, the redirect. Both can be late: ARM by its caches, the gateway by DNS that still points to the old region
 * ("IoT Hub high availability and disaster recovery": the time of DNS comes on top). A late answer names an endpoint that was left.
 */
export function endpointNews(state: WatchState, { arm, redirect }: Snapshot): EndpointNews {
  const present = endpointText((state.generations.at(-1) ?? state.generations[0])!.endpoint);
  const confirmsPresent = redirect?.kind === 'read' && endpointText(redirect.endpoint) === present;
  const once = (endpoint: EventHubEndpoint, source: EndpointSource, partitionIds: readonly string[]): EndpointNews => {
    const text = endpointText(endpoint);
    return state.doubt === text
      ? { kind: 'moved', endpoint, source, partitionIds }
      : { kind: 'doubted', endpoint: text };
  };

  if (arm.kind === 'read' && arm.endpoint !== undefined) {
    const { endpoint, partitionIds } = arm;
    if (endpointText(endpoint) === present) return { kind: 'same', byArm: true };
    if (!isDubious(state, endpoint)) return { kind: 'moved', endpoint, source: 'arm', partitionIds };
    if (confirmsPresent) return { kind: 'refused', reason: 'armBehindRedirect' };
    return once(endpoint, 'arm', partitionIds);
  }
  if (redirect?.kind !== 'read') return { kind: 'none' };
  if (confirmsPresent) return { kind: 'same', byArm: false };
  const { endpoint } = redirect;
  if (!state.seen.includes(endpointText(endpoint)))
    return { kind: 'moved', endpoint, source: 'redirect', partitionIds: [] };
  if (state.stage === 'endpointChanged' || state.stage === 'failoverEnded')
    return { kind: 'refused', reason: 'redirectBehind' };
  return once(endpoint, 'redirect', []);
}
