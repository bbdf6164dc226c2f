import type { IdentityKey, Json, JsonObject } from '../contracts.js';
import { createSeededRandom, type SeededRandom } from '../seeded-random.js';

/** One change of the burst. `reported` is written as the device, everything else by the service. */
export type Change =
  | { kind: 'twin'; key: IdentityKey; patch: { tags?: JsonObject; desired?: JsonObject } }
  | { kind: 'reported'; key: IdentityKey; patch: JsonObject }
  | { kind: 'create'; key: IdentityKey }
  | { kind: 'delete'; key: IdentityKey };

// Few names, so that patches meet each other; twins stay far below 8 KB of tags and 32 KB of properties.
const names = ['mode', 'limits', 'window', 'site', 'a-b', 'Ünï', 'level'] as const;
const maxDepth = 3;

const randomScalar = (random: SeededRandom): Json =>
  random.pick<() => Json>([
    () => random.integer(1000),
    () => random.integer(1000) / 8,
    () => random.next() < 0.5,
    // Looks like a date: an exact copy keeps every character of it.
    () => `2026-01-0${1 + random.integer(9)}T00:00:00.000+02:00`,
    () => `text ${random.integer(100)}`,
    () => '',
  ])();

const randomValue = (random: SeededRandom, depth: number): Json => {
  const draw = random.next();
  if (draw < 0.2) return null;
  if (draw < 0.45 && depth < maxDepth) return randomPatch(random, depth + 1);
  if (draw < 0.55) return Array.from({ length: random.integer(4) }, () => randomScalar(random));
  return randomScalar(random);
};

/** A merge patch with scalars, arrays, nulls (which remove) and objects (also empty ones). */
const randomPatch = (random: SeededRandom, depth = 0): JsonObject => {
  const count = depth === 0 ? 1 + random.integer(3) : random.integer(3);
  return Object.fromEntries(Array.from({ length: count }, () => [random.pick(names), randomValue(random, depth)]));
};

const changeOf = (key: IdentityKey, canReport: boolean, random: SeededRandom): Change => {
  const draw = random.next();
  if (canReport && draw < 0.3) return { kind: 'reported', key, patch: randomPatch(random) };
  if (draw < 0.55) return { kind: 'twin', key, patch: { tags: randomPatch(random) } };
  if (draw < 0.85) return { kind: 'twin', key, patch: { desired: randomPatch(random) } };
  return { kind: 'twin', key, patch: { tags: randomPatch(random), desired: randomPatch(random) } };
};

export interface BurstOptions {
  identities: IdentityKey[];
  /** Of which identities reported properties can be written. */
  canReport: (key: IdentityKey) => boolean;
  changesPerIdentity: number;
  /** Devices that live only in the burst: created, changed, some deleted, some created once more with the same id. */
  passingDevices: number;
  seed: number;
}

/** The burst as chains: changes of one chain follow each other, chains run at the same time. The same options give the same burst. */
export const planBurst = (options: BurstOptions): Change[][] => {
  const random = createSeededRandom(options.seed);
  const fleet = options.identities.map((key) =>
    Array.from({ length: options.changesPerIdentity }, () => changeOf(key, options.canReport(key), random)),
  );
  const passing = Array.from({ length: options.passingDevices }, (_, index): Change[] => {
    const key = { deviceId: `passing-${index + 1}` };
    const life: Change[] = [{ kind: 'create', key }, changeOf(key, false, random)];
    if (index % 3 === 0) return life;
    const ended: Change[] = [...life, { kind: 'delete', key }];
    return index % 3 === 1 ? ended : [...ended, { kind: 'create', key }, changeOf(key, false, random)];
  });
  return [...fleet, ...passing];
};
