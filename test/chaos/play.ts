import type { HubCore, IdentityKey, JsonObject } from '../../lab/contracts.js';
import { compareHubs, textOf, type HubDifference } from './compare-hubs.js';
import { pace, type ChaosRig } from './chaos-rig.js';
import { gatewayOf, isLeaf, type Act, type History } from './history.js';

/** What a history leaves to be looked at when it ends. */
export interface Played {
  /** Ids whose quiet change was told to nobody: status, keys and thumbprints of their copies may differ. */
  untold: Set<string>;
  /** Ids whose quiet change has to be followed by a repair by hand, which nobody has taken on yet. */
  owed: Set<string>;
}

/** The hub refuses what is not possible: an id that is there, or is not, a twin that gets too large. */
const allowRefusal = (run: () => void): boolean => {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof Error && 'errorName' in error) return false;
    throw error;
  }
};

const create = (hub: HubCore, key: IdentityKey, body: JsonObject): void => {
  const scope = isLeaf(key) ? hub.getIdentity({ deviceId: gatewayOf(key) }).deviceScope : undefined;
  hub.createIdentity(key, { ...body, ...(scope === undefined ? {} : { deviceScope: scope }) });
};

/** A whole update, as the SDKs make it of what they have read. */
const update = (hub: HubCore, key: IdentityKey, change: JsonObject): void => {
  const { status, authentication, capabilities, deviceScope } = hub.getIdentity(key);
  const scope = deviceScope === undefined ? {} : { deviceScope };
  hub.updateIdentity(key, { status, authentication, capabilities, ...scope, ...change }, '*');
};

export const settle = (rig: ChaosRig, { fleet }: History): void => {
  for (const { key, body } of fleet) create(rig.lab.hub('primary'), key, body);
};

/** Plays the acts against the active hub, the app and the laboratory. No fault is in force when it ends. */
export async function play(rig: ChaosRig, { acts }: History): Promise<Played> {
  const hub = rig.lab.hub('primary');
  const played: Played = { untold: new Set(), owed: new Set() };
  const asked: Promise<unknown>[] = [];
  const faults: string[] = [];
  const quiet = (deviceId: string, told: boolean, run: () => void) => {
    if (!allowRefusal(run)) return;
    if (!told) played.untold.add(deviceId);
    else asked.push(rig.sync(deviceId).then((taken) => taken || played.owed.add(deviceId)));
  };
  const run = (act: Act): void => {
    switch (act.act) {
      case 'create':
        return void allowRefusal(() => create(hub, act.key, act.body));
      case 'delete':
        return void allowRefusal(() => hub.deleteIdentity(act.key, '*'));
      case 'patch':
        return void allowRefusal(() => hub.patchTwin(act.key, act.change));
      case 'replace':
        return void allowRefusal(() => hub.replaceTwin(act.key, act.change));
      case 'report':
        return void allowRefusal(() => hub.patchReported(act.key, act.patch));
      case 'status':
        return quiet(act.key.deviceId, act.told, () => update(hub, act.key, { status: act.status }));
      case 'roll':
        return quiet(act.key.deviceId, act.told, () =>
          update(hub, act.key, { authentication: { type: 'sas', symmetricKey: act.keys } }),
        );
      case 'sync':
        return void asked.push(rig.sync(act.deviceId));
      case 'queue':
        return void asked.push(rig.enqueue(act.deviceId));
      case 'fault':
        return void faults.push(rig.lab.addFault(act.fault).id);
      case 'again':
        return rig.deliverAgain(act.count);
      case 'kill':
        return void asked.push(rig.kill());
      case 'pause':
        return undefined;
    }
  };
  for (const act of acts) {
    run(act);
    await pace(act.act === 'pause' ? act.inMs : 5);
  }
  for (const id of faults) rig.lab.removeFault(id);
  await rig.lab.faultsSettled();
  await Promise.all(asked);
  return played;
}

export interface Verdict {
  /** Differences that neither health nor the ledger names, by id and path. */
  silent: string[];
  /** What was left to do when it was looked at last. */
  left: string;
  /** Differences that are named, with the kind. */
  named: string[];
}

/**
 * After the faults: waits until nothing is left to do and the hubs are equal, or what differs is named, at most `boundInMs`. What still differs
 * then is silent, unless a mark or a kept copy of the ledger names its id.
 */
export async function verdictOf(
  rig: ChaosRig,
  played: readonly Played[],
  reporters: (deviceId: string) => boolean,
  boundInMs: number,
): Promise<Verdict> {
  const end = performance.now() + boundInMs;
  const isUntold = ({ deviceId, untold }: HubDifference) => untold && played.some((one) => one.untold.has(deviceId));
  for (;;) {
    for (const { owed } of played) for (const deviceId of owed) if (await rig.sync(deviceId)) owed.delete(deviceId);
    const left = await rig.left();
    const found = (
      await compareHubs({
        first: rig.lab.hub('primary').connectionString,
        second: rig.lab.hub('secondary').connectionString,
        reported: reporters,
      })
    ).filter((difference) => !isUntold(difference));
    const names = await rig.named();
    const silent = found.filter(({ deviceId }) => !names.has(deviceId)).map(textOf);
    const isOver = left === '' && silent.length === 0 && played.every(({ owed }) => owed.size === 0);
    if (isOver || performance.now() > end) {
      const named = found.filter(({ deviceId }) => names.has(deviceId));
      return { silent, left, named: named.map((one) => `${names.get(one.deviceId)}: ${textOf(one)}`) };
    }
    await pace(300);
  }
}
