import type { Counters } from '../health/counters.js';
import type { HubRole } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import type { ReportedPort } from '../twin/ports.js';

/** Has health and the log tell what was not written as a device, whoever asked for it. */
export const countReported = <Port extends ReportedPort>(
  port: Port,
  hubNames: Readonly<Record<HubRole, string>>,
  counters: Pick<Counters, 'skipped'>,
  logger: Logger,
): Port => ({
  ...port,
  patchReported: async (...args) => {
    const [hub, key] = args;
    const outcome = await port.patchReported(...args);
    if (outcome === 'homeElsewhere') {
      counters.skipped('homeElsewhere');
      logger.event('warn', 'reported.homeElsewhere', { hub: hubNames[hub], ...key });
    } else if (outcome === 'writtenInPart') {
      counters.skipped('reportedKept');
      logger.event('info', 'reported.kept', { hub: hubNames[hub], ...key });
    }
    return outcome;
  },
});
