import { parseRehearsalOptions } from '../../../lab/rehearsal/options.js';
import type { RehearsalReport } from '../../../lab/rehearsal/report.js';
import { startRehearsal, type RehearsalHooks } from '../../../lab/rehearsal/run-rehearsal.js';

/** Groups that went are made again when the hub is Active, 69 s before data flows; the retries of who waits for them are not scaled. Here there are 6 s. */
const activeInMs = 240_000;

/** A rehearsal in small: the measured timeline in eleven seconds. Arguments as on the command line. */
export const rehearse = (args: readonly string[], hooks: RehearsalHooks = {}): Promise<RehearsalReport> => {
  const small = '--once --time-scale 0.02 --devices 8 --rate 5 --consumers 1 --seed 11 --limit-seconds 150'.split(' ');
  const options = parseRehearsalOptions([...small, ...args]);
  const { timeline = { activeInMs } } = options.failover;
  const played = { ...options, failover: { ...options.failover, timeline } };
  return startRehearsal(played, { silent: true, ...hooks }).finished;
};

/** What no rehearsal may show, whatever was done to it; the report's own findings first. */
export const problemsOf = ({ ok, problems, telemetry, relay }: RehearsalReport): string[] => {
  const readable = telemetry.acceptedByHub - telemetry.lostByService;
  return [
    ...problems,
    ...(ok === (problems.length === 0) ? [] : ['ok and problems contradict each other']),
    ...(telemetry.acceptedByHub > 50 ? [] : [`only ${telemetry.acceptedByHub} messages: nothing was rehearsed`]),
    // Forwarding stops long before the old endpoint goes: whoever reads has the time to read it to its end.
    ...(telemetry.lostByService === 0 ? [] : [`${telemetry.lostByService} messages left unread on the old endpoint`]),
    ...(relay.received >= readable ? [] : [`${readable - relay.received} messages missing in the stable Event Hub`]),
  ];
};
