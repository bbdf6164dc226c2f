import { runSteps } from '../demo/run-steps.js';
import { aborted, Stopped } from '../demo/stopped.js';
import { accountOf } from './account.js';
import { evidenceOf, type Evidence } from './evidence.js';
import type { RehearsalOptions } from './options.js';
import { writeRehearsalReport, type RehearsalReport } from './report.js';
import { failoverSteps, startSteps, type Start } from './steps.js';
import { summaryOf } from './summary.js';
import { createWorld, type World } from './world.js';

export interface RunningRehearsal {
  /** The report, not ok when it was stopped before its end. Rejects with what is no part of a rehearsal: a process that ended by itself, a defect. */
  readonly finished: Promise<RehearsalReport>;
  /** Ends it early; `finished` resolves when every process has ended. */
  stop(): void;
}

export interface RehearsalHooks {
  /** For tests: no lines on the terminal. */
  silent?: boolean;
  /** When ARM has accepted the failover. */
  onStart?: (world: World) => void;
  /** Called once for each stage that the watch enters, while the rehearsal goes on: for those who disturb it. */
  onStage?: (stage: string, world: World) => Promise<void>;
}

const run = async (
  options: RehearsalOptions,
  abort: AbortController,
  hooks: RehearsalHooks,
): Promise<RehearsalReport> => {
  const isSilent = hooks.silent === true;
  const world = createWorld(options, abort);
  const start: Start = { at: 0 };
  let report: RehearsalReport | undefined;
  /** Whatever happened, the file is of this run. */
  const conclude = (more: Pick<Evidence, 'failure' | 'view'>): RehearsalReport => {
    report = accountOf(evidenceOf(world, { start: start.at, ...more }));
    if (!isSilent) console.log(summaryOf(report));
    if (options.report !== undefined) writeRehearsalReport(options.report, report);
    return report;
  };
  const play = async (): Promise<RehearsalReport> => {
    const { failure } = await runSteps([...startSteps(world), ...failoverSteps(world, start, hooks)], {
      silent: isSilent,
    });
    abort.signal.throwIfAborted();
    const view = await world.watch();
    abort.signal.throwIfAborted();
    const concluded = conclude({ failure, view });
    if (options.once || world.parts.lab === undefined) return concluded;
    console.log(`\nEverything stays up until Ctrl-C. Control the laboratory: ${world.lab.controlUrl}/lab`);
    return aborted(abort.signal);
  };
  try {
    return await Promise.race([play(), aborted(abort.signal)]);
  } catch (failure) {
    const concluded = report ?? conclude({ failure, view: undefined });
    if (failure instanceof Stopped) return concluded;
    throw failure;
  } finally {
    await world.close();
  }
};

/** Starts the rehearsal. */
export const startRehearsal = (options: RehearsalOptions, hooks: RehearsalHooks = {}): RunningRehearsal => {
  const abort = new AbortController();
  return { finished: run(options, abort, hooks), stop: () => abort.abort(new Stopped('stopped before its end')) };
};
