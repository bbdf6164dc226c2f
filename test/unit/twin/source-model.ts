import * as fc from 'fast-check';
import type { IdentityKey, JsonObject } from '../../../src/hub-model.js';
import { applyPatch } from '../../../src/merge-patch.js';
import type { RawTwinEvent } from '../../../src/twin/ports.js';
import { aLifecycle, anUpdate, aReplace } from './events.js';
import { type FakeHub } from './fakes.js';
import { documents, patches } from './json-arbitrary.js';

export const keys: IdentityKey[] = [
  { deviceId: 'd1' },
  { deviceId: 'D1' },
  { deviceId: 'd1', moduleId: 'm1' },
  { deviceId: 'd1', moduleId: 'm2' },
];

export type Operation =
  | { op: 'update'; key: IdentityKey; tags: JsonObject; desired: JsonObject; reported: JsonObject }
  | { op: 'replace'; key: IdentityKey; tags: JsonObject; desired: JsonObject }
  | { op: 'create'; key: IdentityKey }
  | { op: 'delete'; key: IdentityKey };

const key = fc.constantFrom(...keys);
const maybe = fc.oneof(patches, fc.constant<JsonObject>({}));
const updates = fc.record({ op: fc.constant('update' as const), key, tags: maybe, desired: maybe, reported: maybe });
const replaces = fc.record({ op: fc.constant('replace' as const), key, tags: documents, desired: documents });
const creates = fc.record({ op: fc.constant('create' as const), key });
const deletes = fc.record({ op: fc.constant('delete' as const), key });

/** Changes of twins only. */
export const twinOperations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: updates }, { weight: 1, arbitrary: replaces }),
  { maxLength: 25 },
);
/** Changes of twins, and ends and new lives of their identities. */
export const allOperations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: updates },
    { weight: 1, arbitrary: replaces },
    { weight: 1, arbitrary: creates },
    { weight: 1, arbitrary: deletes },
  ),
  { maxLength: 25 },
);

/** What the source does, and the events that it sends of it. */
export function operate(hub: FakeHub, operation: Operation): RawTwinEvent[] {
  const { key } = operation;
  const twin = hub.twin(key);
  if (operation.op === 'create') {
    if (twin || (key.moduleId !== undefined && !hub.twin(key.deviceId))) return [];
    hub.add(key);
    return [aLifecycle(key, 'createDeviceIdentity')];
  }
  if (!twin) return [];
  switch (operation.op) {
    case 'delete':
      hub.remove(key);
      return [aLifecycle(key, 'deleteDeviceIdentity')];
    case 'replace': {
      const { tags, desired } = operation;
      hub.write({ ...twin, tags, desired });
      return [aReplace(key, { tags, desired, reported: twin.reported })];
    }
    case 'update': {
      const { tags, desired, reported } = operation;
      hub.write({
        ...twin,
        tags: applyPatch(twin.tags, tags),
        desired: applyPatch(twin.desired, desired),
        reported: applyPatch(twin.reported, reported),
      });
      return [anUpdate(key, { tags, desired, reported })];
    }
    default:
      return [];
  }
}
