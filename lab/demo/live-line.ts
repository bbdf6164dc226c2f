import { createLogUpdate } from 'log-update';
import { waitUntil } from './wait-until.js';
import { sumOf } from './app-client.js';
import { allDifferences } from './snapshots.js';
import type { World } from './world.js';

const clock = (): string => new Date().toLocaleTimeString('en-GB');

const describeNow = async (world: World): Promise<string> => {
  const differences = allDifferences(world.lab).length;
  const health = await world.app.health();
  const { connected, telemetry } = world.fleet.counts();
  return [
    clock(),
    `${connected} devices and modules connected`,
    `${telemetry} messages sent`,
    `${world.twinChanges} twin changes`,
    differences === 0 ? 'hubs equal' : `${differences} differences on their way`,
    `parked ${sumOf(health.parked)}`,
    ...(health.lagInMs === null ? [] : [`lag ${health.lagInMs} ms`]),
  ].join(' · ');
};

/** Shows how the fleet and the hubs do, once a second on a terminal and every 10 seconds elsewhere. Rejects when aborted. */
export const showLive = async (world: World, abortSignal: AbortSignal): Promise<void> => {
  const isTerminal = process.stdout.isTTY;
  const line = createLogUpdate(process.stdout);
  const show = async (): Promise<undefined> => {
    const text = await describeNow(world);
    if (isTerminal) line(text);
    else console.log(text);
    return undefined;
  };
  try {
    await waitUntil(show, { limitInMs: Infinity, everyInMs: isTerminal ? 1000 : 10_000, abortSignal });
  } finally {
    line.done();
  }
};
