import { Command, Option } from 'commander';
import { randomInt } from 'node:crypto';
import type { Tier } from '../contracts.js';
import { wholeNumber } from './whole-number.js';

export interface DemoOptions {
  /** End after the demo and the burst, instead of going on until Ctrl-C. */
  once: boolean;
  report?: string;
  devices: number;
  /** In total. */
  modules: number;
  seed: number;
  limitInMs: number;
  /** Throttles and daily quota of both hubs. */
  tier: Tier;
}

const defaultLimitInSeconds: Record<Tier, number> = { S1: 1800, S2: 1800, S3: 120, off: 120 };

/** Reads the command line. Wrong options end the process with commander's own message. */
export const parseDemoOptions = (argv: readonly string[]): DemoOptions => {
  const command = new Command('npm start --')
    .description(
      'Two IoT Hubs, the app and a fleet of simulated devices on this machine: the demo, then live until Ctrl-C.',
    )
    .option(
      '--once',
      'end after the demo and a burst of random changes; exit code 0 only if both hubs are equal',
      false,
    )
    .option('--report <file>', 'write what happened as JSON')
    .option('--devices <n>', 'devices of the fleet', wholeNumber(1, 10_000), 50)
    .option('--modules <n>', 'module identities, in total', wholeNumber(0, 10_000), 10)
    .addOption(
      new Option('--seed <n>', 'the same seed gives the same fleet and the same changes')
        .argParser(wholeNumber(0, 2 ** 31 - 1))
        .default(undefined, 'drawn, and printed'),
    )
    .addOption(
      new Option('--tier <tier>', 'throttles and daily quota of both hubs, one unit each')
        .choices(['S1', 'S2', 'S3', 'off'] satisfies Tier[])
        .default('off'),
    )
    .addOption(
      new Option('--limit-seconds <n>', 'how long everything may take')
        .argParser(wholeNumber(1, 86_400))
        .default(undefined, '120; with S1 and S2, which create 100 identities a minute at most, 1800'),
    );
  const read = command.parse([...argv], { from: 'user' }).opts<{
    once: boolean;
    report?: string;
    devices: number;
    modules: number;
    seed?: number;
    tier: Tier;
    limitSeconds?: number;
  }>();
  const { seed = randomInt(1_000_000), limitSeconds = defaultLimitInSeconds[read.tier], ...rest } = read;
  return { ...rest, seed, limitInMs: limitSeconds * 1000 };
};
