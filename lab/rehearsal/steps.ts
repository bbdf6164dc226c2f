import type { DemoStep } from '../demo/run-steps.js';
import { armClient } from '../arm/arm-client.js';
import type { FailoverOperation } from '../contracts.js';
import { DemoError } from '../demo/demo-error.js';
import { stagesSince } from './account.js';
import { evidenceOf, missingIn } from './evidence.js';
import { liveText } from './live-text.js';
import type { RehearsalHooks } from './run-rehearsal.js';
import type { World } from './world.js';

/** When the first failover was started, for the stages' times. */
export interface Start {
  at: number;
}

const flowing = 20;

export const startSteps = (world: World): DemoStep[] => [
  {
    name: 'Start two IoT Hubs, ARM, storage and a stable Event Hub on this machine',
    run: async () => {
      const lab = await world.startLab();
      return `${lab.hub('primary').name} is to fail over, its telemetry is at ${lab.failover('primary').endpoint.hostName}`;
    },
  },
  {
    name: 'Start the app: it watches the hub and relays its telemetry',
    run: async () => {
      const { host } = await world.startApp();
      await world.deadline.until(
        async () => (await world.watch())?.stage === 'steady',
        () => 'the watch is not steady',
      );
      return `steady, generation 1, ${host.url}`;
    },
  },
  {
    name: `Start ${world.options.consumers} consumer processes`,
    run: async () => {
      if (world.options.consumers > 0) await world.startConsumers();
      return world.options.consumers > 0 ? 'they follow the app over HTTP' : 'none';
    },
  },
  {
    name: `Connect a fleet of ${world.options.devices} devices, each with ${world.options.rate} messages a second`,
    run: async (say) => {
      await world.connectFleet();
      await world.deadline.until(
        async () => {
          say(await liveText(world, 0));
          const readers = [world.relay, ...(world.consumers === undefined ? [] : [world.consumers])];
          return readers.every(({ log }) => log.tally.distinct >= flowing);
        },
        () => 'telemetry does not arrive',
      );
      return 'numbered telemetry arrives at the stable Event Hub and at the consumers';
    },
  },
];

const isOver = (stage: string | undefined): boolean =>
  stage === 'steady' || stage === 'verified' || stage === 'unverified';

/** As an operator does: the long-running operation of ARM is accepted, and goes on by itself. */
const askForFailover = async ({ lab }: World): Promise<FailoverOperation> => {
  const paired = lab.failover('primary').locations.find(({ role }) => role === 'secondary')?.location ?? '';
  await armClient(lab).iotHub.beginManualFailover(lab.hub('primary').name, lab.arm.resourceGroup, {
    failoverRegion: paired,
  });
  const { operation } = lab.failover('primary');
  if (operation === undefined) throw new DemoError('unexpectedAnswer', 'ARM took the failover, and none is under way');
  return operation;
};

/** One failover, from the call of ARM to the end that the watch sees. */
const failOver = (world: World, name: string, start: Start, generation: number, hooks: RehearsalHooks): DemoStep => ({
  name,
  run: async (say) => {
    let entered = 'steady';
    const disturbances: Promise<void>[] = [];
    start.at = start.at === 0 ? Date.now() : start.at;
    const began = Date.now();
    const operation = await askForFailover(world);
    hooks.onStart?.(world);
    disturbances.push(operation.done.then(() => world.registerAgain()));
    await world.deadline.until(
      async () => {
        const view = await world.watch();
        say(await liveText(world, began, view));
        if (view !== undefined && view.stage !== entered) {
          entered = view.stage;
          if (hooks.onStage !== undefined) disturbances.push(hooks.onStage(entered, world));
        }
        const isNew = view?.generations.some(({ number }) => number === generation) === true;
        return isNew && isOver(view?.stage);
      },
      () => 'the watch has not seen the end of it',
    );
    await operation.done;
    await Promise.all(disturbances);
    const view = await world.watch();
    return stagesSince(view, began)
      .filter(({ atInMs }) => atInMs > 0)
      .map(({ stage, atInMs }) => `${stage} +${(atInMs / 1000).toFixed(1)} s`)
      .join(', ');
  },
});

export const failoverSteps = (world: World, start: Start, hooks: RehearsalHooks): DemoStep[] => [
  failOver(world, 'Fail the hub over to its paired region', start, 2, hooks),
  ...(world.options.failback ? [failOver(world, 'Fail back', start, 3, hooks)] : []),
  {
    name: 'Let every device finish, and every reader catch up',
    run: async (say) => {
      const missing = (): number => missingIn(evidenceOf(world, { start: start.at, view: undefined }));
      await world.fleet.finish(
        AbortSignal.any([world.abortSignal, AbortSignal.timeout(Math.ceil(world.deadline.remainingInMs()))]),
      );
      await world.deadline.until(
        () => {
          const left = missing();
          say(`${left} messages on their way`);
          return left === 0;
        },
        () => `${missing()} messages never arrived`,
      );
      const { sent, accepted } = world.fleet.ledger.counts();
      return `${sent} messages sent, ${accepted} accepted by the hub`;
    },
  },
];
