import { z } from 'zod';
import type { IdentityRecord, JsonObject } from '../../contracts.js';
import { refuseArgument } from './errors.js';

const text = z.string().nullish();

/** What a caller may set of an identity; the rest of the document is the hub's own and ignored. */
const identityBodySchema = z.looseObject({
  deviceId: text,
  moduleId: text,
  status: z.enum(['enabled', 'disabled']).nullish(),
  statusReason: z.string().max(128).nullish(),
  authentication: z
    .looseObject({
      type: z.enum(['sas', 'selfSigned', 'certificateAuthority', 'none']).nullish(),
      symmetricKey: z.looseObject({ primaryKey: text, secondaryKey: text }).nullish(),
      x509Thumbprint: z.looseObject({ primaryThumbprint: text, secondaryThumbprint: text }).nullish(),
    })
    .nullish(),
  capabilities: z.looseObject({ iotEdge: z.boolean().nullish() }).nullish(),
  deviceScope: text,
  parentScopes: z.array(z.string()).nullish(),
  managedBy: text,
});

export type IdentityBody = z.infer<typeof identityBodySchema>;

/** Throws 400004; the message names fields, never values. */
export function parseIdentityBody(body: JsonObject): IdentityBody {
  const parsed = identityBodySchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const fields = new Set(parsed.error.issues.map((issue) => issue.path.join('.')));
  return refuseArgument(`The identity is not valid: ${[...fields].join(', ')}`);
}

type Authentication = IdentityRecord['authentication'];
type GivenAuthentication = NonNullable<IdentityBody['authentication']>;

/** An empty text stands for an absent one: azure-iothub sends `''` for keys that the hub shall make. */
const given = (value: string | null | undefined): string | null => (value === undefined || value === '' ? null : value);

const MIN_KEY_IN_BYTES = 16;
const MAX_KEY_IN_BYTES = 64;
function checkSymmetricKey(key: string): void {
  const bytes = Buffer.from(key, 'base64');
  const valid =
    bytes.toString('base64') === key && bytes.length >= MIN_KEY_IN_BYTES && bytes.length <= MAX_KEY_IN_BYTES;
  if (!valid) refuseArgument('A symmetric key must be 16 to 64 bytes in base64');
}

// SHA-1 or SHA-256 in hexadecimal digits.
const thumbprintPattern = /^([0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/;

function symmetricKeys(authentication: GivenAuthentication, generateKey: () => string): Authentication['symmetricKey'] {
  const primaryKey = given(authentication.symmetricKey?.primaryKey);
  const secondaryKey = given(authentication.symmetricKey?.secondaryKey);
  if (primaryKey === null && secondaryKey === null) return { primaryKey: generateKey(), secondaryKey: generateKey() };
  if (primaryKey === null || secondaryKey === null)
    return refuseArgument('Either both symmetric keys are given or none');
  checkSymmetricKey(primaryKey);
  checkSymmetricKey(secondaryKey);
  return { primaryKey, secondaryKey };
}

function thumbprints(authentication: GivenAuthentication): Authentication['x509Thumbprint'] {
  const primaryThumbprint = given(authentication.x509Thumbprint?.primaryThumbprint);
  const secondaryThumbprint = given(authentication.x509Thumbprint?.secondaryThumbprint);
  const present = [primaryThumbprint, secondaryThumbprint].filter((thumbprint) => thumbprint !== null);
  if (present.length === 0) refuseArgument('A self-signed identity needs a thumbprint');
  if (!present.every((thumbprint) => thumbprintPattern.test(thumbprint))) refuseArgument('A thumbprint is not valid');
  return { primaryThumbprint, secondaryThumbprint };
}

/** Without `authentication` the identity becomes a SAS one with fresh keys, on update too ("AuthenticationMechanism"). */
export function resolveAuthentication(body: IdentityBody, generateKey: () => string): Authentication {
  const authentication = body.authentication ?? {};
  const hasThumbprint = given(authentication.x509Thumbprint?.primaryThumbprint) !== null;
  const type = authentication.type ?? (hasThumbprint ? 'selfSigned' : 'sas');
  const noKeys = { primaryKey: null, secondaryKey: null };
  const noThumbprints = { primaryThumbprint: null, secondaryThumbprint: null };
  return {
    type,
    symmetricKey: type === 'sas' ? symmetricKeys(authentication, generateKey) : noKeys,
    x509Thumbprint: type === 'selfSigned' ? thumbprints(authentication) : noThumbprints,
  };
}
