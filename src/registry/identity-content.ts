import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';

import { scopesOf, type Authentication, type Identity, type IdentityContent } from '../hub-model.js';

/**
 * What of an identity goes to the other hub. A device's status, reason and Edge capability; a module's `managedBy`; of both
 * the authentication, whole. Never the generationId, nor the deviceScope (it names a device's life on ONE hub).
 */
export const contentOf = (identity: Identity): IdentityContent => {
  const { key, authentication } = identity;
  if (key.moduleId !== undefined) {
    return { key, authentication, ...(identity.managedBy !== undefined && { managedBy: identity.managedBy }) };
  }
  return {
    key,
    authentication,
    status: identity.status ?? 'enabled',
    ...(identity.statusReason !== undefined && { statusReason: identity.statusReason }),
    iotEdge: identity.iotEdge ?? false,
  };
};

/**
 * What an update of `target` to the state of `source` writes: the copy's own scopes go back as they are. A leaf that becomes an Edge
 * device gets a scope of its own from the hub; the one that it has is its parent's.
 */
export const updateOf = (source: Identity, target: Identity): IdentityContent => {
  const { deviceScope, parentScopes } = target;
  const becomesEdge = source.iotEdge === true && target.iotEdge !== true;
  return { ...contentOf(source), ...scopesOf({ deviceScope: becomesEdge ? undefined : deviceScope, parentScopes }) };
};

/** Equal as far as a copy can be. The service shows what is not set as null, as an empty text, or not at all. */
export const sameContent = (a: Identity, b: Identity): boolean =>
  isDeepStrictEqual(comparable(contentOf(a)), comparable(contentOf(b)));

/** Whoever gets in with the one gets in with the other. */
export const sameAccess = (a: IdentityContent, b: IdentityContent): boolean =>
  isDeepStrictEqual(accessOf(a), accessOf(b));

const accessOf = ({ authentication, status }: IdentityContent) => [
  authentication.type,
  keysOf(authentication),
  thumbprintsOf(authentication),
  status,
];

/**
 * Tells contents apart, one in a million by mistake. So short on purpose: the ledger keeps it, and nobody can try guesses of a key
 * against 20 bits.
 */
export const contentMark = (content: IdentityContent): string =>
  createHash('sha256')
    .update(JSON.stringify(comparable(content)))
    .digest('hex')
    .slice(0, 5);

const comparable = (content: IdentityContent): object => ({
  type: content.authentication.type,
  keys: keysOf(content.authentication),
  thumbprints: thumbprintsOf(content.authentication),
  status: content.status,
  statusReason: content.statusReason ?? '',
  iotEdge: content.iotEdge,
  managedBy: content.managedBy ?? '',
});

const keysOf = ({ symmetricKey }: Authentication): string[] => [
  symmetricKey?.primaryKey ?? '',
  symmetricKey?.secondaryKey ?? '',
];

const thumbprintsOf = ({ x509Thumbprint }: Authentication): string[] => [
  x509Thumbprint?.primaryThumbprint ?? '',
  x509Thumbprint?.secondaryThumbprint ?? '',
];

/**
 * The service makes fresh keys for an identity that comes without any ("Import and export IoT Hub device identities in bulk"):
 * a source whose keys we may not see must not be copied, or its devices could not connect to the copy.
 */
export const hidesItsKeys = ({ authentication }: Identity): boolean =>
  authentication.type === 'sas' && keysOf(authentication).includes('');
