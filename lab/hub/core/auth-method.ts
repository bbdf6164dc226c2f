import type { IdentityKey, Proof } from '../../contracts.js';

/**
 * `iothub-connection-auth-method` of telemetry, as published messages have it. No such message shows a device of a certificate
 * authority, or a module with a certificate.
 */
export const authMethodOf = ({ moduleId }: IdentityKey, proof: Proof): string =>
  JSON.stringify({
    scope: proof === 'policy' ? 'hub' : moduleId === undefined ? 'device' : 'module',
    type: proof === 'certificate' ? 'x509Certificate' : 'sas',
    issuer: proof === 'certificate' ? 'external' : 'iothub',
    acceptingIpFilterRule: null,
  });
