import type { LogEventId, Logger } from '../log-events.js';
import type { Choice, StoreAnswer, Unconfirmed } from './choose.js';
import { isOfHubs, type HubNames } from './document.js';
import type { OlderLife } from './ports.js';

/** What is wrong with the routing document, as health shows it. */
export type RoutingProblem =
  | { reason: 'unreadable' | 'conflict' }
  /** What is written next has to be above `highestEpoch`, which was seen or is known to have been in force. */
  | { reason: 'lowerEpoch' | 'epochJump'; highestEpoch: number }
  /** So many accounts hold the highest document, and so many are needed. */
  | { reason: 'noMajority'; holders: number; needed: number }
  /** A sentence for each field, without contents. */
  | { reason: 'invalid'; problems: readonly string[] }
  /** The document's hubs are not those of the settings. */
  | { reason: 'hubsDiffer'; document: HubNames; settings: HubNames }
  /** There is no document, and `sign` shows that there was one, or that a person decides what the first one says. */
  | { reason: 'notMade'; sign: OlderLife; highestEpoch: number };

/** These go away with their cause. Everything else waits for a person. */
export const isTrouble = ({ reason }: RoutingProblem): boolean => reason === 'unreadable' || reason === 'noMajority';

/** The one to act on first. `undefined`: all is well, or the choice asks for something to be done. */
export function problemOf(
  choice: Choice,
  answers: readonly StoreAnswer[],
  { settings, highestEpoch }: { settings: HubNames; highestEpoch: number },
): RoutingProblem | undefined {
  const problems = answers.flatMap((answer) => (answer.kind === 'invalid' ? answer.problems : []));
  if (problems.length > 0) return { reason: 'invalid', problems: [...new Set(problems)] };
  if (choice.kind === 'create') return undefined;
  const { document } = choice;
  if (document?.hubs && !isOfHubs(document, settings))
    return { reason: 'hubsDiffer', document: document.hubs, settings };
  const [refused] = choice.refused;
  if (refused) return refused === 'conflict' ? { reason: refused } : { reason: refused, highestEpoch };
  if (choice.kind === 'confirmed') return undefined;
  const { holders, needed } = choice;
  const reason: Unconfirmed = choice.kind === 'complete' ? 'noMajority' : choice.reason;
  switch (reason) {
    case 'missing':
      return { reason: 'notMade', sign: 'mark', highestEpoch };
    case 'lowerEpoch':
    case 'epochJump':
      return { reason, highestEpoch };
    case 'noMajority':
      return { reason, holders, needed };
    case 'invalid':
      return { reason, problems };
    default:
      return { reason };
  }
}

const eventOf = {
  unreadable: undefined, // said by the store that could not be read
  invalid: undefined, // as well
  noMajority: 'routing.noMajority',
  hubsDiffer: 'routing.hubsDiffer',
  notMade: 'routing.notMade',
  lowerEpoch: 'routing.conflict',
  epochJump: 'routing.conflict',
  conflict: 'routing.conflict',
} as const satisfies Record<RoutingProblem['reason'], LogEventId | undefined>;

export function reportProblem(logger: Logger, problem: RoutingProblem): void {
  const id = eventOf[problem.reason];
  if (!id) return;
  const level = isTrouble(problem) ? 'warn' : 'error';
  switch (problem.reason) {
    case 'noMajority':
      return logger.event(level, id, { holders: problem.holders, needed: problem.needed });
    case 'hubsDiffer':
      return logger.event(level, id, {
        document: `${problem.document.primary}, ${problem.document.secondary}`,
        settings: `${problem.settings.primary}, ${problem.settings.secondary}`,
      });
    case 'notMade':
      return logger.event(level, id, { sign: problem.sign, highestEpoch: problem.highestEpoch });
    default:
      return logger.event(level, id, {
        reason: problem.reason,
        ...('highestEpoch' in problem ? { highestEpoch: problem.highestEpoch } : {}),
      });
  }
}
