import type { HubRole } from '../hub-model.js';
import type { Logger } from '../log-events.js';

/** Why a hub can't be mirrored at all, as its own answers tell. */
type HubProblem = 'tierNotSupported';

/** What this instance has found out about the hubs since it started. */
export interface HubProblems {
  found(hub: HubRole, problem: HubProblem): void;
  /** The hub has answered what it could not have answered before. */
  mended(hub: HubRole): void;
  read(): Partial<Record<HubRole, HubProblem>>;
}

export function createHubProblems(hubNames: Record<HubRole, string>, logger: Logger): HubProblems {
  const problems = new Map<HubRole, HubProblem>();
  return {
    found(hub, problem) {
      if (problems.get(hub) !== problem)
        logger.event('error', 'hub.notSupported', { hub: hubNames[hub], reason: problem });
      problems.set(hub, problem);
    },
    mended: (hub) => void problems.delete(hub),
    read: () => Object.fromEntries(problems),
  };
}
