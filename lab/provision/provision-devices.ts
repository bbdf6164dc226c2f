import type { HubCore, IdentityKey, JsonObject, Lab } from '../contracts.js';
import { createSeededRandom, type SeededRandom } from '../seeded-random.js';

export type ProvisionRequest = Omit<Parameters<Lab['addDevices']>[0], 'hub'>;

const sites = ['north', 'south', 'east', 'west'] as const;
const moduleNames = ['camera', 'meter', 'valve', 'pump'] as const;

/** IoT Hub device keys are 16 to 64 bytes, Base64. */
const symmetricKey = (random: SeededRandom): JsonObject => ({
  primaryKey: random.bytes(32).toString('base64'),
  secondaryKey: random.bytes(32).toString('base64'),
});

const identityBody = (key: IdentityKey, random: SeededRandom): JsonObject => ({
  ...key,
  ...(key.moduleId === undefined ? { status: 'enabled' } : {}),
  authentication: { type: 'sas', symmetricKey: symmetricKey(random) },
});

const create = (core: HubCore, key: IdentityKey, random: SeededRandom): IdentityKey => {
  core.createIdentity(key, identityBody(key, random));
  core.patchTwin(key, {
    tags: { site: random.pick(sites), floor: random.integer(12), batch: { year: 2020 + random.integer(7) } },
    desired: {
      intervalInS: 10 + random.integer(590),
      limits: { low: random.integer(20), high: 60 + random.integer(40) },
    },
  });
  return key;
};

/**
 * Creates devices `<prefix>-0001`... with symmetric keys and small twins, straight in the hub's core: events and routes see
 * them as any other. Throws the hub's refusal when an id exists; what was created before stays.
 */
export const provisionDevices = (core: HubCore, request: ProvisionRequest): IdentityKey[] => {
  const random = createSeededRandom(request.seed ?? 1);
  const devices = Array.from({ length: request.count }, (_, index) =>
    create(core, { deviceId: `${request.prefix}-${String(index + 1).padStart(4, '0')}` }, random),
  );
  const modules = Array.from({ length: request.modules ?? 0 }, (_, index) => {
    const deviceId = devices[index % devices.length]?.deviceId ?? '';
    const round = Math.floor(index / devices.length);
    const name = moduleNames[index % moduleNames.length] ?? 'module';
    return create(core, { deviceId, moduleId: round === 0 ? name : `${name}-${round}` }, random);
  });
  return [...devices, ...modules];
};
