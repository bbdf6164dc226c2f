import { setTimeout as sleep } from 'node:timers/promises';
import { syncNow } from '../../integration/support/sync-now.js';
import { harmOf, ownedNow, unnamed, type Hubs, type Owned } from './check.js';
import { isModule, keyOf, type Act, type Family, type Member } from './family.js';
import { attempt, authOf, bodyOf, connect, edit, find, type Connection } from './identities.js';
import type { MirrorRig } from './mirror-rig.js';

interface Played {
  name: string;
  /** Members whose quiet change has to be told by a hint once there are no faults. */
  quiet: Set<Member>;
  /** Members that somebody else, or an operator, has written on the standby since it was looked at. */
  touched: Set<Member>;
  /** Members that somebody else made on the standby where there was none: no copies of ours, whatever becomes of a source. */
  foreign: Set<Member>;
  faults: string[];
}

/** As provisioning does: identity and twin on the standby, whatever is there. No event tells the app, but a hint does later. */
const move = (rig: MirrorRig, hubs: Hubs, { name, foreign, quiet }: Played, who: Member, anew: boolean): void => {
  const key = keyOf(name, who);
  const { secondary, primary } = hubs;
  quiet.add(who);
  const there = find(secondary, key);
  const authentication = (find(primary, key) ?? there)?.authentication ?? authOf('sas', rig.certificates);
  attempt(() => {
    if (there !== undefined && anew) secondary.deleteIdentity(key, '*');
    if (there === undefined && find(primary, key) === undefined) foreign.add(who);
    if (there === undefined || anew)
      secondary.createIdentity(key, bodyOf(secondary, key, who, { ...authentication }, 'enabled'));
    else edit(secondary, key, { authentication: { ...authentication }, ...(!isModule(who) && { status: 'enabled' }) });
    secondary.patchTwin(key, { tags: { by: 'dps' } });
  });
};

async function run(mirror: MirrorRig, hubs: Hubs, played: Played, act: Act): Promise<void> {
  const { primary } = hubs;
  if (act.do === 'pause') return sleep(act.inMs);
  if (act.do === 'fault') return void played.faults.push(mirror.rig.lab.addFault(act.fault).id);
  const { who } = act;
  const key = keyOf(played.name, who);
  const quiet = (work: () => void) => {
    if (attempt(work)) played.quiet.add(who);
    return mirror.hint(key);
  };
  switch (act.do) {
    case 'create':
      played.foreign.delete(who);
      return void attempt(() =>
        primary.createIdentity(key, bodyOf(primary, key, who, authOf(act.auth, mirror.certificates), act.status)),
      );
    case 'delete':
      return void attempt(() => primary.deleteIdentity(key, '*'));
    case 'status':
      return isModule(who) ? undefined : quiet(() => edit(primary, key, { status: act.status }));
    case 'keys':
      return quiet(() => edit(primary, key, { authentication: authOf('sas', mirror.certificates) }));
    case 'patch':
      return void attempt(() => primary.patchTwin(key, { tags: { n: act.n }, desired: { n: act.n } }));
    case 'replace':
      return void attempt(() => primary.replaceTwin(key, { tags: { n: act.n } }));
    case 'report':
      return void attempt(() => primary.patchReported(key, { n: act.n }));
    case 'move':
      touch(played, who);
      return move(mirror, hubs, played, who, act.anew);
    case 'sync':
      touch(played, who);
      return void syncNow(mirror.rig.host, key.deviceId).catch(() => undefined);
    case 'hint':
      return mirror.hint(key);
  }
}

/** A device's modules end with it; an operator's call is about all of a device. */
const touch = ({ touched }: Played, who: Member): void => {
  touched.add(who);
  if (who === 'device' || who === 'deviceModule') touched.add('device').add('deviceModule');
  if (who === 'edge' || who === 'edgeModule') touched.add('edge').add('edgeModule');
};

const runAll = async (mirror: MirrorRig, hubs: Hubs, played: Played, acts: readonly Act[]): Promise<void> => {
  for (const act of acts) {
    await run(mirror, hubs, played, act);
    await sleep(5);
  }
};

/** Without faults of its own: waits until all of the family is equal or named. Resolves with what is not. */
async function settle(mirror: MirrorRig, hubs: Hubs, played: Played, boundInMs: number): Promise<string[]> {
  const { lab } = mirror.rig;
  const { name, quiet, foreign, faults } = played;
  for (const id of faults.splice(0)) lab.removeFault(id);
  await lab.faultsSettled();
  for (const who of quiet) await mirror.hint(keyOf(name, who));
  quiet.clear();
  const hasRead = mirror.untilNow();
  const end = performance.now() + boundInMs;
  for (;;) {
    const isRead = await hasRead();
    const wrong = unnamed(hubs, name, await mirror.named(), foreign);
    if ((isRead && wrong.length === 0) || performance.now() > end)
      return isRead ? wrong : ['events are unread', ...wrong];
    await sleep(100);
  }
}

/** Plays one family; resolves with what went wrong, in words. `name`: no other has it. */
export async function playFamily(
  mirror: MirrorRig,
  name: string,
  family: Family,
  boundInMs: number,
): Promise<string[]> {
  const { lab } = mirror.rig;
  const hubs = { primary: lab.hub('primary'), secondary: lab.hub('secondary') };
  const played: Played = { name, quiet: new Set(), touched: new Set(), foreign: new Set(), faults: [] };
  for (const { who, auth, status } of family.born) {
    const key = keyOf(name, who);
    const body = bodyOf(hubs.primary, key, who, authOf(auth, mirror.certificates), status);
    attempt(() => hubs.primary.createIdentity(key, body));
  }
  await runAll(mirror, hubs, played, family.before);
  const before = await settle(mirror, hubs, played, boundInMs);
  if (before.length > 0) return before;

  const connections: Connection[] = [];
  for (const who of family.moved) move(mirror, hubs, played, who, false);
  for (const who of family.connected) {
    const connection = await connect(hubs.secondary, keyOf(name, who), mirror.certificates);
    if (connection !== undefined) connections.push(connection);
  }
  const owned = ownedBy(hubs, played, family);
  played.touched.clear();
  try {
    const ends = family.ended.map((who): Act => ({ do: 'delete', who }));
    await runAll(mirror, hubs, played, [...family.after, ...ends]);
    const after = await settle(mirror, hubs, played, boundInMs);
    const harmed = owned.filter(({ who }) => !played.touched.has(who));
    return [...after, ...harmed.flatMap(({ own }) => harmOf(hubs.secondary, own))];
  } finally {
    await Promise.all(connections.map((connection) => connection.close().catch(() => undefined)));
  }
}

/** What somebody else made where we never had a copy may be adopted, but for its access while it is connected. */
const ownedBy = ({ secondary }: Hubs, { name, foreign }: Played, { moved, connected }: Family) =>
  [...new Set([...moved, ...connected])].flatMap((who): { who: Member; own: Owned }[] => {
    const isMoved = moved.includes(who) && !foreign.has(who);
    const own = ownedNow(secondary, keyOf(name, who), isMoved);
    return own !== undefined && (isMoved || own.since !== undefined) ? [{ who, own }] : [];
  });
