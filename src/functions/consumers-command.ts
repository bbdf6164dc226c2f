import type { HttpHandler, HttpRequest, HttpResponseInit } from '@azure/functions';
import type { Clock } from '../clock.js';
import { runCommand, type CommandRefusal, type WatchCommand } from '../failover/commands.js';
import type { WatchStorePort } from '../failover/ports.js';
import type { WatchTimes } from '../failover/snapshot.js';
import type { Logger } from '../log-events.js';
import { runWithLog } from './invocation-log.js';
import { givenKey, isOperatorKey, refuseKey } from './operator-key.js';
import { refuse } from './refuse.js';
import { findHub, noStore, refuseForNow, refuseHub, withStorage, type NamedHub } from './watched-hub.js';

export interface ConsumersCommandOptions {
  command: WatchCommand;
  hubs: readonly NamedHub[];
  store: WatchStorePort;
  times: WatchTimes;
  clock: Clock;
  logger: Logger;
  operatorKey: string | undefined;
  /** Never rejects. */
  lookNow: (hub: string) => Promise<void>;
}

const messages: Record<Exclude<CommandRefusal, 'notWatchedYet'>, string> = {
  nothingToAbort: 'No consumer failover is under way.',
  alreadyPaused: 'It is paused already.',
  notPaused: 'It is not paused.',
};

/**
 * `POST /api/consumers/{hub}/{abort|pause|resume}` with the operator's key -> 200 `{hub, stage, paused, revision}`. It changes the stored
 * document itself, so that it works with Durable Functions down. 401 `wrongKey`; 404 `notWatched`; 409 with the refusal's name; 503.
 */
export async function answerCommand(request: HttpRequest, options: ConsumersCommandOptions): Promise<HttpResponseInit> {
  const { command, hubs, clock, logger } = options;
  if (!isOperatorKey(givenKey(request), options.operatorKey)) return refuseKey();
  const hub = findHub(request, hubs)?.name;
  if (hub === undefined) return refuseHub();
  return withStorage(async () => {
    const outcome = await runCommand(options, { hub, command, now: clock.now() });
    if (typeof outcome === 'string') {
      logger.event('warn', 'failover.command', { hub, command, refusal: outcome });
      return outcome === 'notWatchedYet'
        ? refuseForNow(outcome, 'Nothing has told of the built-in endpoint yet.')
        : refuse(409, outcome, messages[outcome]);
    }
    const { stage, paused, revision } = outcome;
    logger.event('warn', 'failover.command', { hub, command, stage, revision });
    await options.lookNow(hub);
    return { status: 200, headers: noStore, jsonBody: { hub, stage, paused, revision } };
  });
}

export const commandHandler =
  (optionsOf: (context: Parameters<HttpHandler>[1]) => ConsumersCommandOptions): HttpHandler =>
  (request, context) =>
    runWithLog(context, () => answerCommand(request, optionsOf(context)));
