import { X509Certificate } from 'node:crypto';
import type { IdentityKey, Proof } from '../../contracts.js';
import { deviceEntry, findEntry } from './entries.js';
import { HubError, refuseArgument } from './errors.js';
import type { HubState } from './hub-state.js';

/** Throws 400004. */
export function parseAuthority(pem: string): X509Certificate {
  const certificate = parseCertificate(pem);
  return certificate?.ca === true ? certificate : refuseArgument('Not a certificate of a certificate authority');
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

const thumbprintsOf = ({ fingerprint, fingerprint256 }: X509Certificate): string[] =>
  [fingerprint, fingerprint256].map((text) => text.replaceAll(':', ''));

const isValidAt = (certificate: X509Certificate, time: Date): boolean =>
  certificate.validFromDate <= time && time <= certificate.validToDate;

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** RFC 5280, section 6: each certificate of the chain is valid now and issued by the next, until a registered authority issued one. */
function leadsTo(authorities: readonly X509Certificate[], chain: readonly X509Certificate[], now: Date): boolean {
  for (const [index, certificate] of chain.entries()) {
    if (!isValidAt(certificate, now)) return false;
    if (authorities.some((authority) => isValidAt(authority, now) && isIssuedBy(certificate, authority))) return true;
    const issuer = chain[index + 1];
    if (issuer === undefined || !issuer.ca || !isIssuedBy(certificate, issuer)) return false;
  }
  return false;
}

/** Ids are case-sensitive, so the name must be the very same. No source says what a module's would be. */
const isNamed = (certificate: X509Certificate, { deviceId, moduleId }: IdentityKey): boolean =>
  moduleId === undefined && certificate.toLegacyObject().subject.CN === deviceId;

/** By one of two thumbprints, SHA-1 or SHA-256. */
function isRegistered({ clock, unsettled }: HubState, leaf: X509Certificate, registered: (string | null)[]): boolean {
  if (unsettled.expiredThumbprintRefused && leaf.validToDate < clock.now()) return false;
  const accepted = registered.map((text) => text?.toUpperCase());
  return thumbprintsOf(leaf).some((thumbprint) => accepted.includes(thumbprint));
}

/**
 * "Authenticate identities with X.509 certificates": a self-signed identity by its thumbprints, whatever else the certificate says (but see
 * `expiredThumbprintRefused`); one of an authority by name and chain. Throws 404001, 404010, 401003, 403012.
 */
export function authenticateCertificate(
  state: HubState,
  authorities: readonly X509Certificate[],
  key: IdentityKey,
  chain: readonly X509Certificate[],
): Proof {
  const { type, x509Thumbprint } = findEntry(state.entries, key).identity.authentication;
  const [leaf] = chain;
  const registered = [x509Thumbprint.primaryThumbprint, x509Thumbprint.secondaryThumbprint];
  const accepted =
    leaf !== undefined &&
    ((type === 'selfSigned' && isRegistered(state, leaf, registered)) ||
      (type === 'certificateAuthority' && isNamed(leaf, key) && leadsTo(authorities, chain, state.clock.now())));
  if (!accepted) throw new HubError('IotHubUnauthorized', 'Unauthorized');
  if (deviceEntry(state.entries, key.deviceId).identity.status === 'disabled') {
    throw new HubError('DeviceDisabled', 'The device is disabled');
  }
  return 'certificate';
}
