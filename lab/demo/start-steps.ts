import type { DemoStep } from './run-steps.js';
import { allDifferences, differingIdentities, keyText } from './snapshots.js';
import type { World } from './world.js';

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** The stage: hubs, app, fleet, and the standby hub seeded with what the primary has. */
export const startSteps = (world: World): DemoStep[] => [
  {
    name: 'Start two IoT Hubs, Event Hubs, Event Grid and storage on this machine',
    run: async () => {
      const lab = await world.startLab();
      const { tier } = world.options;
      const throttled = tier === 'off' ? '' : `, throttled as ${tier}`;
      return `${lab.hub('primary').name} is the primary, ${lab.hub('secondary').name} the standby${throttled}`;
    },
  },
  {
    name: 'Start the app, as the Functions host would',
    run: async () => {
      const { host } = await world.startApp();
      return `${host.functions.join(', ')} at ${host.url}`;
    },
  },
  {
    name: `Connect a fleet of ${plural(world.options.devices, 'device')} to the primary hub`,
    run: async (say) => {
      world.provisionFleet();
      say('creating identities, connecting over MQTT');
      await world.connectFleet();
      return `${plural(world.options.devices, 'device')} over MQTT, ${plural(world.options.modules, 'module identity').replace('identitys', 'identities')}, seed ${world.options.seed}`;
    },
  },
  {
    name: 'See the fleet appear on the standby hub',
    run: async (say) => {
      await seeAll(world, say);
      return 'identities, keys and twins are equal';
    },
  },
];

/** The fleet keeps reporting, so all of it is hardly ever equal at one moment: each identity has to be so once. */
const seeAll = async ({ lab, deadline, identities }: World, say: (text: string) => void): Promise<void> => {
  let left = [...identities];
  await deadline.until(
    () => {
      const differing = new Set(differingIdentities(allDifferences(lab)).map(keyText));
      left = left.filter((key) => differing.has(keyText(key)));
      say(`${identities.length - left.length} of ${identities.length} are there`);
      return left.length === 0;
    },
    () => `${left.length} are missing or differ, such as ${left.slice(0, 3).map(keyText).join(', ')}`,
  );
};
