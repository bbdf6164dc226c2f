/**
 * The stages of a consumer failover in the orders that may be. Written down here once more, and not taken from the app: the laboratory
 * shares no code with what it tries out.
 */
const next: Readonly<Record<string, readonly string[]>> = {
  steady: ['failoverStarted', 'endpointChanged'],
  failoverStarted: ['endpointChanged', 'steady'],
  endpointChanged: ['endpointChanged', 'failoverEnded', 'steady'],
  failoverEnded: ['verified', 'unverified', 'endpointChanged', 'steady'],
  verified: ['steady', 'failoverStarted', 'endpointChanged'],
  unverified: ['verified', 'steady', 'failoverStarted', 'endpointChanged'],
};

/** Steps that are not allowed, in words. Empty: the order is. */
export const forbiddenSteps = (stages: readonly string[]): string[] =>
  stages.slice(1).flatMap((stage, index) => {
    const before = stages[index] ?? '';
    return (next[before] ?? []).includes(stage) ? [] : [`${before} -> ${stage}`];
  });
