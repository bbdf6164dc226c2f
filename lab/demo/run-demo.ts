import { burstSteps } from './burst-steps.js';
import { demoSteps } from './demo-steps.js';
import { showLive } from './live-line.js';
import type { DemoOptions } from './options.js';
import { writeReport, type DemoReport } from './report.js';
import { runSteps } from './run-steps.js';
import { startSteps } from './start-steps.js';
import { aborted, Stopped } from './stopped.js';
import { readTotals } from './totals.js';
import { createWorld, type World } from './world.js';

export interface RunningDemo {
  /** The exit code: 0 when everything came through, or when Ctrl-C ended the live part. */
  readonly finished: Promise<number>;
  /** Ends it early; `finished` resolves when every process has ended. */
  stop(): void;
}

const summaryOf = ({ ok, totals }: DemoReport, start: number): string => {
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const size = `${totals.devices} devices, ${totals.modules} modules, ${totals.twinChanges} twin changes`;
  return ok
    ? `\nBoth hubs are equal: ${size}, nothing parked, nothing lost. ${seconds} s.`
    : `\nNot ok after ${seconds} s: ${size}, ${totals.differences} differences, ${totals.parked} parked, ${totals.lost} lost.`;
};

const play = async (world: World, signal: AbortSignal): Promise<number> => {
  const start = performance.now();
  const { options } = world;
  const { steps, failure } = await runSteps([
    ...startSteps(world),
    ...demoSteps(world),
    ...(options.once ? burstSteps(world) : []),
  ]);
  signal.throwIfAborted();
  const totals = await readTotals(world);
  const report: DemoReport = {
    ok: failure === undefined && (!options.once || totals.lost === 0),
    seed: options.seed,
    steps,
    totals,
  };
  if (options.report !== undefined) writeReport(options.report, report);
  if (options.once || failure !== undefined) {
    console.log(summaryOf(report, start));
    return report.ok ? 0 : 1;
  }
  console.log(`\nEverything goes on until Ctrl-C. Control the lab (faults, devices): ${world.lab.controlUrl}/lab\n`);
  await showLive(world, signal);
  return 0;
};

const run = async (options: DemoOptions, abort: AbortController): Promise<number> => {
  const world = createWorld({ options, abort });
  try {
    return await Promise.race([play(world, abort.signal), aborted(abort.signal)]);
  } catch (error) {
    if (error instanceof Stopped) return 0;
    throw error;
  } finally {
    await world.close();
  }
};

/** Starts the demo: the steps, then the report or the live line. */
export const startDemo = (options: DemoOptions): RunningDemo => {
  const abort = new AbortController();
  console.log(`iothub-standby: a warm standby for an IoT Hub, on this machine only (seed ${options.seed})\n`);
  return { finished: run(options, abort), stop: () => abort.abort(new Stopped('stopped')) };
};
