import { z } from 'zod';

import type { HubRole, IdentityKey } from '../hub-model.js';
import { isSameHub } from '../hub-name.js';
import { isValidId } from '../identity-id.js';
import type { ParkReason } from './ports.js';

const messageSchema = z.object({
  hubName: z.string().min(1),
  deviceId: z.string(),
  moduleId: z.string().optional(),
  attempt: z.int().min(1),
  turn: z.literal(true).optional(),
  marked: z.literal(true).optional(),
  deleteTold: z.literal(true).optional(),
});

export type ParsedRetryMessage =
  | {
      kind: 'message';
      source: HubRole;
      key: IdentityKey;
      attempt: number;
      turn: boolean;
      marked: boolean;
      deleteTold: boolean;
    }
  | { kind: 'bad'; reason: ParkReason };

/** A message of the queue `registry-retry`, as the host hands it over: an object where the text is JSON, else the text. */
export const parseRetryMessage = (raw: unknown, hubNames: Record<HubRole, string>): ParsedRetryMessage => {
  const value = fromText(raw);
  if (value === undefined) return { kind: 'bad', reason: 'notJson' };
  const parsed = messageSchema.safeParse(value.json);
  if (!parsed.success) return { kind: 'bad', reason: 'wrongShape' };
  const { hubName, deviceId, moduleId, attempt, turn = false, marked = false, deleteTold = false } = parsed.data;
  if (!isValidId(deviceId) || (moduleId !== undefined && !isValidId(moduleId)))
    return { kind: 'bad', reason: 'invalidId' };
  const source = roleOf(hubNames, hubName);
  if (source === undefined) return { kind: 'bad', reason: 'unexpectedHub' };
  const key = { deviceId, ...(moduleId !== undefined && { moduleId }) };
  return { kind: 'message', source, key, attempt, turn, marked, deleteTold };
};

const fromText = (raw: unknown): { json: unknown } | undefined => {
  if (typeof raw !== 'string') return { json: raw };
  try {
    const json: unknown = JSON.parse(raw);
    return { json };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** `hubName`: a host name or its first label. The service's events do not always keep the case (Event Grid's topic is upper case). */
export const roleOf = (hubNames: Record<HubRole, string>, hubName: string): HubRole | undefined => {
  if (isSameHub(hubNames.primary, hubName)) return 'primary';
  return isSameHub(hubNames.secondary, hubName) ? 'secondary' : undefined;
};
