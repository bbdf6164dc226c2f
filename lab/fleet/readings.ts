import type { JsonObject } from '../contracts.js';
import type { SeededRandom } from '../seeded-random.js';

/** What a device says about itself now and then: mostly changes, sometimes a removal. */
export function reportedPatch(random: SeededRandom, sequence: number): JsonObject {
  const patch: JsonObject = { sequence, battery: random.integer(101) };
  if (random.next() < 0.5)
    patch['network'] = { type: random.pick(['lte', 'wifi', 'nbiot']), signal: -random.integer(100) };
  if (random.next() < 0.2) patch['lastError'] = random.pick([null, 'sensor timeout', 'low memory']);
  if (random.next() < 0.3) patch['firmware'] = { version: `1.${random.integer(5)}.${random.integer(20)}` };
  return patch;
}

export const reading = (random: SeededRandom, sequence: number): JsonObject => ({
  sequence,
  temperature: Math.round((15 + random.next() * 15) * 10) / 10,
});
