import { DemoError } from './demo-error.js';
import { reportAsDevice } from './demo-fleet.js';
import type { DemoStep } from './run-steps.js';
import { describeDifferences, differencesOf, snapshotOf } from './snapshots.js';
import type { World } from './world.js';

const deviceId = 'demo-pump';

const since = (start: number): string => `${Math.round(performance.now() - start)} ms`;

/** The demo of the seed document, each step through an official SDK or over HTTP as its user would do it. */
export const demoSteps = (world: World): DemoStep[] => {
  const isOnStandby = (): boolean => snapshotOf(world.lab.hub('secondary'), deviceId).length > 0;
  const equal = (): Promise<void> =>
    world.deadline.until(
      () => isOnStandby() && differencesOf(world.lab, deviceId).length === 0,
      () => `${deviceId}: ${describeDifferences(differencesOf(world.lab, deviceId))}`,
    );
  return [
    {
      name: `Create the device ${deviceId} on the primary hub`,
      run: async () => {
        await world.service.primary.create(deviceId);
        const start = performance.now();
        await equal();
        const took = since(start);
        const [made, copied] = [
          await world.service.primary.keysOf(deviceId),
          await world.service.secondary.keysOf(deviceId),
        ];
        if (
          made.primaryKey === '' ||
          made.primaryKey !== copied.primaryKey ||
          made.secondaryKey !== copied.secondaryKey
        )
          throw new DemoError('unexpectedAnswer', 'the keys on the standby are not the same');
        return `on the standby with the same keys after ${took}`;
      },
    },
    {
      name: 'Change its desired properties and tags on the primary hub',
      run: async () => {
        await world.service.primary.patchTwin(
          { deviceId },
          { tags: { site: 'harbour', floor: 2 }, desired: { pressure: { low: 2, high: 9 }, mode: 'auto' } },
        );
        const start = performance.now();
        await equal();
        return `the standby's twin equals after ${since(start)}`;
      },
    },
    {
      name: 'Report its properties as the device',
      run: async () => {
        await reportAsDevice(world.lab, { deviceId }, { pressure: { now: 4.5 }, firmware: '1.0.7' });
        const start = performance.now();
        await equal();
        return `the standby's twin equals after ${since(start)}`;
      },
    },
    {
      name: 'Delete it on the primary hub',
      run: async () => {
        await world.service.primary.delete(deviceId);
        const start = performance.now();
        await world.deadline.until(
          () => !isOnStandby(),
          () => `${deviceId} is still on the standby`,
        );
        return `gone from the standby after ${since(start)}`;
      },
    },
    {
      name: 'Ask the app over HTTP where a device connects, as a device does',
      run: async () => {
        const asked = world.identities[0]?.deviceId ?? deviceId;
        const { hub, epoch } = await world.app.route(asked);
        const { hostName } = world.lab.hub('primary');
        if (hub.hostName !== hostName)
          throw new DemoError('unexpectedAnswer', `${asked} was sent to ${hub.hostName}, not to ${hostName}`);
        return `${asked} connects to ${hub.hostName} (epoch ${epoch})`;
      },
    },
  ];
};
