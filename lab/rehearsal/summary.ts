import type { RehearsalReport } from './report.js';

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** The report as people read it. */
export const summaryOf = (report: RehearsalReport): string => {
  const { telemetry, stages, deliveries, deliveryBoundInMs, slowness, relay, consumers } = report;
  const reader = (
    name: string,
    { received, duplicates, duplicatesBound, lostByUs }: RehearsalReport['relay'],
  ): string =>
    `  ${name.padEnd(10)} ${received} received, ${duplicates} more than once (bound ${duplicatesBound}), ${lostByUs} lost by us`;
  return [
    '',
    ...stages.map(
      ({ stage, atInMs, reason }) => `  ${`+${seconds(atInMs)}`.padStart(9)}  ${stage.padEnd(16)} ${reason}`,
    ),
    '',
    `  ${telemetry.sent} messages sent, ${telemetry.acceptedByHub} accepted by the hub, ${telemetry.lostByService} lost by the service with the old endpoint`,
    reader('relay', relay),
    ...(consumers === null ? [] : [reader('consumers', consumers)]),
    ...deliveries.flatMap(({ generation, gapInMs, deliveryInMs }) => [
      ...(gapInMs === null
        ? []
        : [`  generation ${generation}: no telemetry for ${seconds(gapInMs)}, what the failover itself takes`]),
      ...(deliveryInMs === null
        ? []
        : [
            `  generation ${generation}: first message delivered after ${deliveryInMs} ms (bound ${deliveryBoundInMs} ms: a poll, and a second on a machine that is ${slowness} times as slow as alone)`,
          ]),
    ]),
    '',
    report.ok ? 'Nothing was lost by us.' : `Not ok: ${report.problems.join('; ')}.`,
  ].join('\n');
};
