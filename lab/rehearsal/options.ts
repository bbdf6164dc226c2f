import { Command, InvalidArgumentError, Option } from 'commander';
import { randomInt } from 'node:crypto';
import { wholeNumber } from '../demo/whole-number.js';
import type { FailoverTimeline, HubFailoverOptions } from '../hub-failover/contract.js';

export interface RehearsalOptions {
  /** End after the report, instead of going on until Ctrl-C. */
  once: boolean;
  report?: string;
  devices: number;
  /** Messages that each device sends in a second. */
  rate: number;
  partitions: number;
  /** Processes that read with "./consumer". */
  consumers: number;
  seed: number;
  limitInMs: number;
  /** A failover back to the first region right after. */
  failback: boolean;
  failover: Partial<HubFailoverOptions> & { timeScale: number };
}

const scale = (text: string): number => {
  const value = Number(text);
  if (!(value >= 0.01 && value <= 1))
    throw new InvalidArgumentError('A number from 0.01 to 1 is needed; 1 is real time.');
  return value;
};

const yesNo = (flags: string, description: string, unset: boolean): Option =>
  new Option(`${flags} <yes|no>`, description)
    .argParser((text) => {
      if (text !== 'yes' && text !== 'no') throw new InvalidArgumentError('yes or no.');
      return text === 'yes';
    })
    .default(unset, unset ? 'yes' : 'no');

/** 552 s of the measured timeline in about a minute. */
const defaultTimeScale = 0.08;

/**
 * The new endpoint is shown late, and in that moment has its first message: who follows has no time before. Forwarding stops where it was measured.
 * With `forwardingStopsFirst` the two moments change places, so that here they are given the other way round.
 */
const atOnce = ({ forwardingStopsFirst }: { forwardingStopsFirst: boolean }): Partial<FailoverTimeline> => {
  const [stops, flows] = [123_000, 552_000];
  const [endpointChangesInMs, forwardingStopsInMs] = forwardingStopsFirst ? [stops, flows] : [flows, stops];
  return { endpointChangesInMs, forwardingStopsInMs, activeInMs: flows, dataFlowsInMs: flows };
};

/** Reads the command line. Wrong options end the process with commander's own message. */
export const parseRehearsalOptions = (argv: readonly string[]): RehearsalOptions => {
  const command = new Command('npm run rehearsal --')
    .description(
      'A failover of the primary hub on this machine: a fleet that sends numbered telemetry, consumers and the relay, and what became of each message.',
    )
    .option(
      '--once',
      'end after the report instead of at Ctrl-C; either way the exit code is 0 only if the report has no problem',
      false,
    )
    .option('--report <file>', 'write what happened as JSON')
    .option('--time-scale <x>', 'of the measured timeline (552 s); 1 is real time', scale, defaultTimeScale)
    .option('--devices <n>', 'devices of the fleet', wholeNumber(1, 1000), 20)
    .option('--rate <n>', 'messages of each device in a second', wholeNumber(1, 100), 5)
    .option('--partitions <n>', 'of the built-in endpoint', wholeNumber(1, 32), 4)
    .option('--consumers <n>', 'processes that read with "./consumer"', wholeNumber(0, 4), 2)
    .option('--failback', 'fail back to the first region right after', false)
    .addOption(
      new Option('--seed <n>', 'the same seed gives the same fleet')
        .argParser(wholeNumber(0, 2 ** 31 - 1))
        .default(undefined, 'drawn, and printed'),
    )
    .addOption(
      new Option('--limit-seconds <n>', 'how long everything may take')
        .argParser(wholeNumber(1, 86_400))
        .default(undefined, 'four timelines and two minutes'),
    )
    .addOption(yesNo('--forwarding-stops-first', 'forwarding stops before the endpoint changes', false))
    .addOption(yesNo('--data-flows-at-once', 'the new endpoint has its first message when it is shown', false))
    .addOption(yesNo('--consumer-groups-lost', 'the new endpoint has only $Default', true))
    .option('--roll-back-minutes <n>', 'registry and twins come back so many minutes old', wholeNumber(0, 5), 0)
    .option('--interim-state <name>', 'what ARM calls the state meanwhile', 'FailingOver')
    .addOption(yesNo('--devices-black-holed', 'device connections get no answer instead of being closed', false))
    .addOption(yesNo('--management-blocks', 'listing keys and making consumer groups gets no answer meanwhile', true))
    .addOption(yesNo('--failback-to-original', 'the failback returns to the first namespace', true))
    .addOption(yesNo('--offsets-restart', 'a namespace that comes back counts from 0 again', true))
    .addOption(
      new Option('--polling <style>', 'how the long-running operation of ARM is polled')
        .choices(['azureAsyncOperation', 'location'])
        .default('azureAsyncOperation'),
    )
    .addOption(yesNo('--limits', 'two failovers and two failbacks a day, an hour apart', false));
  const read = command.parse([...argv], { from: 'user' }).opts<{
    once: boolean;
    report?: string;
    timeScale: number;
    devices: number;
    rate: number;
    partitions: number;
    consumers: number;
    failback: boolean;
    seed?: number;
    limitSeconds?: number;
    forwardingStopsFirst: boolean;
    dataFlowsAtOnce: boolean;
    consumerGroupsLost: boolean;
    rollBackMinutes: number;
    interimState: string;
    devicesBlackHoled: boolean;
    managementBlocks: boolean;
    failbackToOriginal: boolean;
    offsetsRestart: boolean;
    polling: 'azureAsyncOperation' | 'location';
    limits: boolean;
  }>();
  const {
    once,
    report,
    devices,
    rate,
    partitions,
    consumers,
    failback,
    seed = randomInt(1_000_000),
    limitSeconds,
    dataFlowsAtOnce,
    ...failover
  } = read;
  return {
    once,
    ...(report === undefined ? {} : { report }),
    devices,
    rate,
    partitions,
    consumers,
    failback,
    seed,
    limitInMs: limitSeconds === undefined ? 120_000 + 4 * 552_000 * failover.timeScale : limitSeconds * 1000,
    failover: { ...failover, ...(dataFlowsAtOnce ? { timeline: atOnce(failover) } : {}) },
  };
};
