import type { HubCore, IdentityKey, Json, JsonObject, ServiceRight, ThrottleKind } from '../../contracts.js';
import { refuseArgument } from '../core/errors.js';
import { isJsonObject } from '../core/merge-patch.js';
import type { HubAnswer } from './answers.js';

/** A request as handlers see it: authorised, decoded, its body parsed. */
export interface HubRequest {
  core: HubCore;
  /** From the path; `deviceId` is empty where the path has none. */
  key: IdentityKey;
  ifMatch: string | undefined;
  query: (name: string) => string | undefined;
  header: (name: string) => string | undefined;
  /** `undefined` for methods without a body. */
  body: Json | undefined;
}

export interface HubRoute {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** In the notation of hono: `/devices/:deviceId`. */
  path: string;
  right: ServiceRight;
  /** The throttle that an operation counts against. */
  throttle: ThrottleKind;
  /** How much it counts. Default: 1. */
  unitsOf?: (body: Json | undefined) => number;
  handle: (request: HubRequest) => HubAnswer;
  /** It is about module identities, which need their device. */
  needsDevice?: true;
}

export function bodyObject({ body }: HubRequest): JsonObject {
  if (!isJsonObject(body)) return refuseArgument('The request body must be a JSON object');
  return body;
}
