import type { Logger } from '../log-events.js';
import { orHeld } from './put-back.js';
import type { ParkedItem, ParkPort, ParkReason, SkipCounter } from './ports.js';
import type { NothingReason, NotNowReason, SyncAction } from './sync-outcome.js';

/** What became of a hint. When it can neither be done nor kept, its handler rejects with `held`. */
export type HintOutcome =
  | { kind: 'done'; did: SyncAction }
  | { kind: 'skipped'; reason: SkippedHintReason }
  | { kind: 'queued'; reason: NotNowReason | 'refused' | 'repairPaced' }
  | { kind: 'parked'; reason: ParkReason };

export type SkippedHintReason = NothingReason | 'unknownEventType' | 'unknownHub' | 'alreadyRepaired'; // by whatever else brought its identity in step since it was marked

export interface HintSinks {
  parking: ParkPort;
  counters: SkipCounter;
  logger: Logger;
}

export const skipHint = (
  { counters, logger }: HintSinks,
  reason: SkippedHintReason,
  ids: { deviceId?: string; moduleId?: string; hub?: string } = {},
): HintOutcome => {
  counters.skipped(reason);
  logger.event('info', 'hint.skipped', { reason, ...ids });
  return { kind: 'skipped', reason };
};

export const parkHint = async (
  { parking, logger }: HintSinks,
  item: Pick<ParkedItem, 'source' | 'reason'>,
  raw: unknown,
): Promise<HintOutcome> => {
  const sequence = sequenceOf(raw);
  await orHeld(parking.park({ ...item, sequence, body: bytesOf(raw) }));
  logger.event('warn', 'event.parked', { ...item, sequence });
  return { kind: 'parked', reason: item.reason };
};

/** The host hands over JSON that it has already read; the same value written again is as near to the original as one gets. */
const bytesOf = (raw: unknown): Uint8Array =>
  raw instanceof Uint8Array
    ? raw
    : new TextEncoder().encode(typeof raw === 'string' ? raw : (JSON.stringify(raw) ?? ''));

/** It becomes a part of a blob's name, and comes from outside. */
const sequenceOf = (raw: unknown): string => {
  const id: unknown = typeof raw === 'object' && raw !== null && 'id' in raw ? raw.id : undefined;
  return typeof id === 'string' && /^[\w-]{1,64}$/.test(id) ? id : 'none';
};
