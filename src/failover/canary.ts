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
