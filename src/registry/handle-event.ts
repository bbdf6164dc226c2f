import { z } from 'zod';

import { otherRole, type HubRole, type IdentityKey } from '../hub-model.js';
import { isValidId } from '../identity-id.js';
import { parkHint, skipHint, type HintOutcome, type HintSinks } from './hint-outcome.js';
import { putBack, type PutBackOptions } from './put-back.js';
import { roleOf } from './retry-message.js';
import type { SyncIdentity } from './sync-identity.js';
import type { SyncCause } from './sync-run.js';
import type { SyncOutcome } from './sync-outcome.js';

/** The subscription chooses the schema: Event Grid's own names the type `eventType`, CloudEvents 1.0 `type`. */
const typedSchema = z.union([
  z.looseObject({ eventType: z.string() }).transform(({ eventType }) => eventType),
  z.looseObject({ specversion: z.string(), type: z.string() }).transform(({ type }) => type),
]);

/**
 * The same in both schemas. "Azure IoT Hub as an Event Grid source": the twin in `data` is a default picture and is not looked
 * at; order is not guaranteed and `id` may repeat. `data` names the hub, so neither `topic` nor `source` is needed.
 */
const eventSchema = z.object({
  data: z.object({ hubName: z.string().min(1), deviceId: z.string() }),
});

const deviceCreated = 'Microsoft.Devices.DeviceCreated';
const deviceDeleted = 'Microsoft.Devices.DeviceDeleted';

export interface HintHandlerOptions extends PutBackOptions, HintSinks {
  syncIdentity: SyncIdentity;
}

/**
 * One Event Grid event. Resolves when the identity is in step, or the work is safe on the queue; rejects with `held` when neither
 * can be had, so that Event Grid delivers it again.
 */
export const createRegistryEventHandler =
  (options: HintHandlerOptions) =>
  async (raw: unknown): Promise<HintOutcome> => {
    const typed = typedSchema.safeParse(raw);
    if (!typed.success) return parkHint(options, { source: 'event-grid', reason: 'wrongShape' }, raw);
    const eventType = typed.data;
    if (eventType !== deviceCreated && eventType !== deviceDeleted) return skipHint(options, 'unknownEventType');
    const event = eventSchema.safeParse(raw);
    if (!event.success) return parkHint(options, { source: 'event-grid', reason: 'wrongShape' }, raw);
    const { hubName, deviceId } = event.data.data;
    if (!isValidId(deviceId)) return parkHint(options, { source: 'event-grid', reason: 'invalidId' }, raw);
    const source = roleOf(options.hubNames, hubName);
    if (source === undefined) return skipHint(options, 'unknownHub', { hub: hubName, deviceId });
    return eventType === deviceCreated
      ? follow(options, source, { deviceId })
      : followDelete(options, source, { deviceId });
  };

const follow = async (options: HintHandlerOptions, source: HubRole, key: IdentityKey): Promise<HintOutcome> =>
  settle(options, source, key, 'hint', await options.syncIdentity(source, key));

/**
 * Deleted on the standby hub while the active one has it: a move by DPS, or drift. Replicated again, never deleted. While nobody
 * can tell which hub is active, a message for each is kept: the one whose source turns out to be the standby does nothing.
 */
const followDelete = async (options: HintHandlerOptions, source: HubRole, key: IdentityKey): Promise<HintOutcome> => {
  const outcome = await options.syncIdentity(source, key, 'deleteTold');
  if (outcome.kind === 'nothing' && outcome.reason === 'sourceIsStandby')
    return follow(options, otherRole(source), key);
  if (outcome.kind === 'notNow' && outcome.side === 'direction') {
    await putBack(options, otherRole(source), key, 1, outcome);
  }
  return settle(options, source, key, 'deleteTold', outcome);
};

const settle = async (
  options: HintHandlerOptions,
  source: HubRole,
  key: IdentityKey,
  cause: SyncCause,
  outcome: SyncOutcome,
): Promise<HintOutcome> => {
  if (outcome.kind === 'done') return outcome;
  if (outcome.kind === 'nothing') return skipHint(options, outcome.reason, { hub: options.hubNames[source], ...key });
  await putBack(options, source, key, 1, outcome, { cause });
  return { kind: 'queued', reason: outcome.kind === 'refused' ? 'refused' : outcome.reason };
};
