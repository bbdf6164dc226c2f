import { codeOf } from '../errors.js';
import type { Logger } from '../log-events.js';
import type { CanaryPort } from './ports.js';

/** A message through each hub, so that silence means something on a quiet one. One that can't be sent is a finding, not an error. */
export async function sendCanaries(
  { canary, logger }: { canary: CanaryPort; logger: Logger },
  hubs: readonly string[],
): Promise<void> {
  await Promise.all(
    hubs.map(async (hub) => {
      try {
        await canary.send(hub);
      } catch (error) {
        logger.event('warn', 'failover.canaryFailed', { hub, code: codeOf(error) });
      }
    }),
  );
}

/**
 * An interval of 1 s to 59 minutes as an NCRONTAB expression (six fields, "Timer trigger for Azure Functions"): below a minute in seconds, from a minute on in
 * whole minutes. One that does not divide a minute or an hour is shorter once in each.
 */
export function canarySchedule(everyInMs: number): string {
  const seconds = Math.round(everyInMs / 1000);
  return seconds < 60 ? `*/${seconds} * * * * *` : `0 */${Math.round(seconds / 60)} * * * *`;
}
