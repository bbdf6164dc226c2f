import type { Fault, IdentityKey, Json, JsonObject } from '../../lab/contracts.js';
import { createRandom, type Random } from './random.js';

/** One act of a history. `quiet` acts raise no event in the service; `told`: a repair by hand follows them. */
export type Act =
  | { act: 'create'; key: IdentityKey; body: JsonObject }
  | { act: 'delete'; key: IdentityKey }
  | { act: 'patch' | 'replace'; key: IdentityKey; change: { tags?: JsonObject; desired?: JsonObject } }
  | { act: 'report'; key: IdentityKey; patch: JsonObject }
  | { act: 'status'; key: IdentityKey; status: 'enabled' | 'disabled'; told: boolean }
  | { act: 'roll'; key: IdentityKey; keys: { primaryKey: string; secondaryKey: string }; told: boolean }
  | { act: 'sync' | 'queue'; deviceId: string }
  | { act: 'fault'; fault: Fault }
  | { act: 'again'; count: number }
  | { act: 'kill' }
  | { act: 'pause'; inMs: number };

export interface History {
  /** What is on the active hub, and equal on both, before the acts begin. */
  fleet: { key: IdentityKey; body: JsonObject }[];
  acts: Act[];
  /** Devices with keys that are never disabled: only they have reported properties. */
  reporters: Set<string>;
}

const names = ['__proto__', 'constructor', 'length', 'toString', 'hasOwnProperty', 'a', 'b', 'n'] as const;
const deviceCount = 11;
const actCount = 110;
const edge = 0;
const leaves = [1, 2];
const firstReporter = 8;

const scalar = (random: Random): Json =>
  random.pick<Json>([random.below(1000), random.below(1000) / 8, true, false, '', `t${random.below(99)}`, -0.5, 1e20]);

// An array holds no null: the service refuses it.
const value = (random: Random, depth: number): Json => {
  const draw = random.next();
  if (draw < 0.2) return null;
  if (draw < 0.45 && depth < 4) return tree(random, depth + 1);
  if (draw < 0.55) return Array.from({ length: random.below(4) }, () => scalar(random));
  return scalar(random);
};
const tree = (random: Random, depth = 0): JsonObject =>
  Object.fromEntries(
    Array.from({ length: depth === 0 ? 1 + random.below(3) : random.below(3) }, () => [
      random.pick(names),
      value(random, depth),
    ]),
  );

const change = (random: Random): { tags?: JsonObject; desired?: JsonObject } => {
  const draw = random.next();
  return {
    ...(draw < 0.7 ? { tags: tree(random) } : {}),
    ...(draw > 0.35 ? { desired: tree(random) } : {}),
  };
};

const keyText = (random: Random): string =>
  Buffer.from(Array.from({ length: 32 }, () => random.below(256))).toString('base64');
const keyPair = (random: Random) => ({ primaryKey: keyText(random), secondaryKey: keyText(random) });
const thumbprint = (random: Random): string =>
  Array.from({ length: 40 }, () => '0123456789ABCDEF'.charAt(random.below(16))).join('');

const bodyOf = (index: number, random: Random): JsonObject => {
  if (index === edge) return { capabilities: { iotEdge: true } };
  if (index === 3)
    return {
      authentication: {
        type: 'selfSigned',
        x509Thumbprint: { primaryThumbprint: thumbprint(random), secondaryThumbprint: thumbprint(random) },
      },
    };
  if (index === 4) return { authentication: { type: 'certificateAuthority' } };
  return { authentication: { type: 'sas', symmetricKey: keyPair(random) } };
};

const fault = (random: Random, seed: number): Fault => {
  const forMs = 300 + random.below(1200);
  const share = 0.3;
  const hub = random.pick<'primary' | 'secondary'>(['secondary', 'secondary', 'primary']);
  const onHub = { hub, plane: 'https' as const, seed, forMs };
  return random.pick<Fault>([
    { ...onHub, kind: 'throttle', share },
    { ...onHub, kind: 'status', status: 500, share },
    { ...onHub, kind: 'status', status: 503, share },
    { ...onHub, kind: 'reset', share },
    { ...onHub, kind: 'half', share },
    { ...onHub, kind: 'stop' },
    { ...onHub, kind: 'slow', bytesPerSecond: 20_000 },
    { hub: 'secondary', plane: 'mqtt', kind: 'stop', forMs },
    { hub: 'storage', plane: random.pick(['blob', 'queue', 'table']), kind: 'reset', share: 0.1, seed, forMs },
    { hub: 'storage', plane: random.pick(['queue', 'table']), kind: 'stop', forMs: 500 },
  ]);
};

/** The same seed gives the same acts. When each of them meets which state of the app is up to the machine. */
export const historyOf = (seed: number): History => {
  const random = createRandom(seed);
  const idOf = (index: number) => `s${seed}-${index}`;
  const anyDevice = () => ({ deviceId: idOf(random.below(deviceCount)) });
  const modules = [5, 6, 7].flatMap((index) =>
    ['m', 'constructor'].map((moduleId) => ({ deviceId: idOf(index), moduleId })),
  );
  const anyKey = (): IdentityKey =>
    random.chance(0.15) ? (modules[random.below(modules.length)] ?? anyDevice()) : anyDevice();
  const steady = (): IdentityKey => ({ deviceId: idOf(5 + random.below(deviceCount - 5)) });
  const reporters = new Set(Array.from({ length: deviceCount - firstReporter }, (_, n) => idOf(firstReporter + n)));
  const bodyFor = (key: IdentityKey) =>
    bodyOf(key.moduleId === undefined ? Number(key.deviceId.split('-')[1]) : 5, random);

  const oneOf = (): Act[] => {
    const draw = random.next();
    const key = anyKey();
    if (draw < 0.42) return [{ act: 'patch', key, change: change(random) }];
    if (draw < 0.58) return [{ act: 'replace', key, change: { tags: tree(random), desired: tree(random) } }];
    if (draw < 0.66)
      return [
        {
          act: 'report',
          key: { deviceId: idOf(firstReporter + random.below(deviceCount - firstReporter)) },
          patch: tree(random),
        },
      ];
    if (draw < 0.69) return [{ act: 'delete', key }];
    if (draw < 0.73) {
      const create: Act = { act: 'create', key, body: bodyFor(key) };
      return [{ act: 'delete', key }, create, { act: 'patch', key, change: change(random) }];
    }
    if (draw < 0.78) return [{ act: 'create', key, body: bodyFor(key) }];
    if (draw < 0.81) return [{ act: 'roll', key: steady(), keys: keyPair(random), told: random.chance(0.5) }];
    if (draw < 0.83) {
      const deviceId = idOf(random.below(firstReporter));
      return [
        { act: 'status', key: { deviceId }, status: random.pick(['enabled', 'disabled']), told: random.chance(0.5) },
      ];
    }
    if (draw < 0.89) return [{ act: 'sync', deviceId: key.deviceId }];
    if (draw < 0.92) return [{ act: 'queue', deviceId: key.deviceId }];
    if (draw < 0.94) return [{ act: 'again', count: 1 + random.below(10) }];
    if (draw < 0.97) return [{ act: 'fault', fault: fault(random, seed) }];
    return [{ act: 'pause', inMs: random.below(120) }];
  };
  const acts = Array.from({ length: actCount }, oneOf).flat();
  if (seed % 2 === 0) acts.splice(20 + random.below(actCount - 40), 0, { act: 'kill' });
  const fleet = [
    ...Array.from({ length: deviceCount }, (_, index) => ({
      key: { deviceId: idOf(index) },
      body: bodyOf(index, random),
    })),
    ...modules.map((key) => ({ key, body: bodyOf(5, random) })),
  ];
  return { fleet, acts, reporters };
};

export const isLeaf = (key: IdentityKey): boolean =>
  key.moduleId === undefined && leaves.includes(Number(key.deviceId.split('-')[1]));
export const gatewayOf = (key: IdentityKey): string => `${key.deviceId.split('-')[0]}-${edge}`;
