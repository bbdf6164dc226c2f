import { z } from 'zod';
import type { JsonObject } from '../../hub-model.js';
import { isJsonObject } from '../../merge-patch.js';
import { toNumber } from '../../number-text.js';

/** By reference and unread: a copy by schema would lose names such as `__proto__`. */
const jsonObject = z.custom<JsonObject>(isJsonObject, 'not an object');
const keyText = z.string().nullable().default(null);

/** Device and Module of the REST API, api-version 2021-04-12. */
export const identityAnswer = z.object({
  deviceId: z.string().min(1),
  moduleId: z.string().nullish(),
  generationId: z.string().min(1),
  etag: z.string().min(1),
  status: z.enum(['enabled', 'disabled']).nullish(),
  statusReason: z.string().nullish(),
  capabilities: z.object({ iotEdge: z.boolean().nullish() }).nullish(),
  managedBy: z.string().nullish(),
  deviceScope: z.string().nullish(),
  parentScopes: z.array(z.string()).nullish(),
  connectionState: z.string().nullish(),
  connectionStateUpdatedTime: z.string().nullish(),
  /** `0001-01-01T00:00:00` stands for never. */
  lastActivityTime: z.string().nullish(),
  authentication: z.object({
    type: z.enum(['sas', 'selfSigned', 'certificateAuthority', 'none']),
    symmetricKey: z.object({ primaryKey: keyText, secondaryKey: keyText }).nullish(),
    x509Thumbprint: z.object({ primaryThumbprint: keyText, secondaryThumbprint: keyText }).nullish(),
  }),
});
export type IdentityAnswer = z.infer<typeof identityAnswer>;

export const identitiesAnswer = z.array(identityAnswer);

/** Of the same devices, what is asked for when only their ids matter. */
export const deviceIdsAnswer = z.array(z.object({ deviceId: z.string().min(1) }));

/** Twin of the REST API. */
export const twinAnswer = z.object({
  deviceId: z.string().min(1),
  moduleId: z.string().nullish(),
  etag: z.string().min(1),
  version: z.preprocess(toNumber, z.number()),
  tags: jsonObject.nullish(),
  properties: z.object({ desired: jsonObject, reported: jsonObject }),
  deviceEtag: z.string().nullish(),
  connectionState: z.string().nullish(),
});
export type TwinAnswer = z.infer<typeof twinAnswer>;

/** A DELETE answers 204 without a body, which the SDK hands on as ''. */
export const noAnswer = z.literal('');
