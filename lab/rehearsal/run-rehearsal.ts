import { runSteps } from '../demo/run-steps.js';
import { aborted, Stopped } from '../demo/stopped.js';
import { accountOf } from './account.js';
import type { RehearsalOptions } from './options.js';
import { writeRehearsalReport, type RehearsalReport } from './report.js';
import { failoverSteps, startSteps, type Start } from './steps.js';
import { summaryOf } from './summary.js';
import { createWorld, type World } from './world.js';

export interface RunningRehearsal {
  /** The report, or undefined when it was stopped before its end. */
  readonly finished: Promise<RehearsalReport | undefined>;
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
): Promise<RehearsalReport | undefined> => {
  const isSilent = hooks.silent === true;
  const world = createWorld(options, abort);
  const play = async (): Promise<RehearsalReport> => {
    const start: Start = { at: 0 };
    const { failure } = await runSteps([...startSteps(world), ...failoverSteps(world, start, hooks)], {
      silent: isSilent,
    });
    abort.signal.throwIfAborted();
    const report = await accountOf(world, start.at, failure);
    if (options.report !== undefined) writeRehearsalReport(options.report, report);
    if (!isSilent) console.log(summaryOf(report));
    if (options.once) return report;
    console.log(`\nEverything stays up until Ctrl-C. Control the laboratory: ${world.lab.controlUrl}/lab`);
    return aborted(abort.signal);
  };
  try {
    return await Promise.race([play(), aborted(abort.signal)]);
  } catch (error) {
    if (error instanceof Stopped) return undefined;
    throw error;
  } finally {
    await world.close();
  }
};

/** Starts the rehearsal. */
export const startRehearsal = (options: RehearsalOptions, hooks: RehearsalHooks = {}): RunningRehearsal => {
  const abort = new AbortController();
  return { finished: run(options, abort, hooks), stop: () => abort.abort(new Stopped('stopped')) };
};
