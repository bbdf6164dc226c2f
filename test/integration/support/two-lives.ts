import type { HubMessage } from '../../../lab/contracts.js';
import { parkedOf, type Rig } from './rig.js';

/** The app reads what a test delivers. */
export const shuffledRoute = { primaryEvents: 'shuffled' } as const;

const steps = ['firstPatches', 'delete', 'create', 'secondPatch'] as const;
type Step = (typeof steps)[number];

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
const orders = permutations(steps);
export const ids = orders.map((_, index) => `twice-${index}`);

export const createAll = (rig: Rig): void => {
  for (const deviceId of ids) rig.lab.hub('primary').createIdentity({ deviceId }, {});
};

/** The rest of one device's first life, its end, and the beginning of its second; what its route told of each step. */
export function liveOn(rig: Rig, deviceId: string): Record<Step, HubMessage[]> {
  const primary = rig.lab.hub('primary');
  const acts: Record<Step, () => void> = {
    firstPatches: () => {
      for (let n = 0; n < 3; n += 1)
        primary.patchTwin({ deviceId }, { tags: { life: 1, only: 'first' }, desired: { [`first${n}`]: n } });
      primary.patchReported({ deviceId }, { reportedIn: 'first' });
    },
    delete: () => primary.deleteIdentity({ deviceId }, '*'),
    create: () => void primary.createIdentity({ deviceId }, {}),
    secondPatch: () => void primary.patchTwin({ deviceId }, { tags: { life: 2 }, desired: { second: true } }),
  };
  const record = (step: Step): HubMessage[] => {
    const told: HubMessage[] = [];
    const end = primary.onMessage((message) => told.push(message));
    acts[step]();
    end();
    return told;
  };
  return Object.fromEntries(steps.map((step) => [step, record(step)])) as Record<Step, HubMessage[]>;
}

/** From now on looks at each write to the standby: the copy of a second life that holds anything of the first, and be it for a moment. */
export function watchLives(rig: Rig): { stop(): string[] } {
  const standby = rig.lab.hub('secondary');
  const firstLives = new Map(ids.map((deviceId) => [deviceId, standby.getIdentity({ deviceId }).generationId]));
  const polluted: string[] = [];
  const stop = standby.onWrite(({ kind, key: { deviceId } }) => {
    const copy = standby.listDevices().find((device) => device.deviceId === deviceId);
    if (copy === undefined || copy.generationId === firstLives.get(deviceId)) return;
    const { tags, desired, reported } = standby.getTwin({ deviceId });
    const isOfFirst = ([name, value]: [string, unknown]) =>
      value === 'first' || name.startsWith('first') || (name === 'life' && value === 1);
    const found = [tags, desired, reported].flatMap((section) => Object.entries(section).filter(isOfFirst));
    if (found.length > 0) polluted.push(`${deviceId}, ${kind}: ${found.map(([name]) => name).join(' ')}`);
  });
  return {
    stop() {
      stop();
      return polluted;
    },
  };
}

export const isSecondLife = (rig: Rig, deviceId: string): boolean => {
  const devices = rig.lab.hub('secondary').listDevices();
  return (
    devices.some((device) => device.deviceId === deviceId) &&
    rig.lab.hub('secondary').getTwin({ deviceId }).tags['life'] === 2
  );
};

/** Once both hubs are equal: what the standby holds of each id, and what was given up. */
export async function secondLivesOf(rig: Rig) {
  await rig.untilEqual();
  const lives = ids.map((deviceId) => {
    const { tags, desired, reported } = rig.lab.hub('secondary').getTwin({ deviceId });
    return { tags, names: Object.keys({ ...desired, ...reported }).filter((name) => !name.startsWith('$')) };
  });
  const report = await rig.health();
  return { lives, parked: parkedOf(report), poison: report.poison };
}

/** Nothing of the first life is left. */
export const asSecondLives = {
  lives: ids.map(() => ({ tags: { life: 2 }, names: ['second'] })),
  parked: 0,
  poison: 0,
};

/** For a rig with `shuffledRoute`: its messages come in every order that there is, one for each id, each step in batches of its own. */
export async function deliverInAnyOrder(rig: Rig): Promise<void> {
  const told = ids.map((deviceId) => liveOn(rig, deviceId));
  for (const place of steps.keys()) {
    orders.forEach((order, index) => {
      for (const message of told[index]?.[order[place] ?? 'create'] ?? [])
        rig.lab.namespace.append(shuffledRoute.primaryEvents, message.deviceId, message);
    });
    await rig.untilRead();
  }
}
