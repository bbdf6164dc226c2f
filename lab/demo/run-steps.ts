import { Listr, PRESET_TIMER, type ListrTask } from 'listr2';
import type { StepReport } from './report.js';

/** One step of the demo. `run` resolves with what happened, in words; `say` shows what it waits for. */
export interface DemoStep {
  name: string;
  run: (say: (text: string) => void) => Promise<string>;
}

export interface RunStepsOptions {
  /** `silent` for tests. Default: live lines on a terminal, plain ones elsewhere. */
  silent?: boolean;
}

export interface StepsOutcome {
  steps: StepReport[];
  /** Why the last step failed; the ones after it did not run. */
  failure?: unknown;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Runs the steps one after another, showing each with its time, and ends at the first one that fails. Never rejects. */
export const runSteps = async (steps: readonly DemoStep[], options: RunStepsOptions = {}): Promise<StepsOutcome> => {
  const outcome: StepsOutcome = { steps: [] };
  const isTerminal = process.stdout.isTTY;
  const tasks = steps.map(({ name, run }): ListrTask => ({
    title: name,
    task: async (_context, task) => {
      const start = performance.now();
      const finish = (ok: boolean, detail: string): void => {
        outcome.steps.push({ name, ok, elapsedInMs: Math.round(performance.now() - start), detail });
      };
      try {
        const detail = await run((text) => {
          // One line that changes on a terminal; elsewhere each would be a line of its own.
          if (isTerminal) task.output = text;
        });
        task.title = `${name}: ${detail}`;
        finish(true, detail);
      } catch (error) {
        finish(false, messageOf(error));
        outcome.failure = error;
        throw error;
      }
    },
  }));
  const list = new Listr(tasks, {
    concurrent: false,
    exitOnError: true,
    // Signals are the supervisor's own affair: children have to end too.
    registerSignalListeners: false,
    renderer: 'default',
    fallbackRenderer: 'simple',
    rendererOptions: { timer: PRESET_TIMER, collapseErrors: false },
    fallbackRendererOptions: { timer: PRESET_TIMER },
    silentRendererCondition: options.silent === true,
  });
  try {
    await list.run();
  } catch (error) {
    outcome.failure ??= error;
  }
  return outcome;
};
