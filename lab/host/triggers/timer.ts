import type { RegisteredFunction } from '../core-state.js';
import { HostError } from '../host-error.js';
import { createInFlight } from '../in-flight.js';
import { textOption, triggerOf } from '../load-app.js';
import { runWithRetry } from '../retry.js';
import { expandNames, resolveConnection } from '../settings.js';
import { parseTimeSpan } from '../timespan.js';
import type { Listener, TriggerContext } from '../trigger.js';
import { parseNcrontab, type Schedule } from './ncrontab.js';
import { timerStatusIn, type TimerStatus, type TimerStatusStore } from './timer-status.js';

/** Schedules that are due more often are not monitored: "Timer trigger for Azure Functions", useMonitor. */
const monitoredFromInMs = 60_000;
/** setTimeout takes no more; a longer wait is taken in parts. */
const longestWaitInMs = 2_000_000_000;

/** An NCRONTAB expression or a time span. */
function parseSchedule(text: string): { dueAfter: Schedule; adjustForDst: boolean } {
  if (!/^\S+:\S+$/.test(text)) return { dueAfter: parseNcrontab(text), adjustForDst: true };
  const everyInMs = parseTimeSpan(text);
  if (everyInMs <= 0) throw new HostError('host.badFunction', `"${text}" is no schedule.`);
  return { dueAfter: (after) => new Date(after.getTime() + everyInMs), adjustForDst: false };
}

/** Whether its status is kept: by default if it is due once a minute at most. */
function isMonitored(dueAfter: Schedule, useMonitor: unknown): boolean {
  if (useMonitor === false) return false;
  const first = dueAfter(new Date());
  return dueAfter(first).getTime() - first.getTime() >= monitoredFromInMs;
}

/**
 * A timer trigger: never two runs at once, and what was missed while no host ran is made good once, with `isPastDue`.
 * Source: azure-webjobs-sdk-extensions, TimerListener and ScheduleMonitor. Throws HostError.
 */
export function createTimerListener(target: RegisteredFunction, context: TriggerContext): Listener {
  const trigger = triggerOf(target);
  const { settings, stopping, invoker, log, tuning } = context;
  const { name, retryOptions } = target.metadata;
  const { dueAfter, adjustForDst } = parseSchedule(expandNames(settings, textOption(trigger, 'schedule') ?? ''));
  const store: TimerStatusStore | undefined = isMonitored(dueAfter, trigger['useMonitor'])
    ? timerStatusIn(resolveConnection(settings, 'AzureWebJobsStorage'), name)
    : undefined;
  const inFlight = createInFlight();
  let timer: NodeJS.Timeout | undefined;
  let status: TimerStatus | undefined;

  const run = async (isPastDue: boolean, dueAt: Date): Promise<void> => {
    const json = JSON.stringify({
      Schedule: { AdjustForDST: adjustForDst },
      ScheduleStatus: status ?? null,
      IsPastDue: isPastDue,
    });
    await runWithRetry(
      name,
      retryOptions,
      async (retryContext) => {
        await invoker.invoke(target, { data: { json }, ...(retryContext === undefined ? {} : { retryContext }) });
      },
      { signal: stopping, log },
    );
    if (store === undefined) return;
    status = {
      Last: dueAt.toISOString(),
      LastUpdated: new Date().toISOString(),
      Next: dueAfter(new Date(Math.max(dueAt.getTime(), Date.now()))).toISOString(),
    };
    await store.write(status).catch((error: unknown) => log(`No status of timer '${name}': ${String(error)}`));
  };

  const wait = (dueAt: Date): void => {
    if (stopping.aborted) return;
    const leftInMs = dueAt.getTime() - Date.now();
    timer = setTimeout(
      () => {
        if (dueAt.getTime() > Date.now()) wait(dueAt);
        else
          inFlight.add(run(false, dueAt).then(() => wait(dueAfter(new Date(Math.max(dueAt.getTime(), Date.now()))))));
      },
      Math.min(Math.max(leftInMs, 0), longestWaitInMs),
    );
  };

  return {
    async start() {
      status = await store?.read();
      const missed = status !== undefined && Date.parse(status.Next) < Date.now();
      const first = missed || trigger['runOnStartup'] === true ? run(missed, new Date()) : Promise.resolve();
      inFlight.add(first.then(() => wait(dueAfter(new Date()))));
    },
    async stop() {
      clearTimeout(timer);
      if (!(await inFlight.drained(tuning.stopLimitInMs))) log(`'${name}' still ran when the host stopped`);
    },
  };
}
