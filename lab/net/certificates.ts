import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { randomBytes, webcrypto } from 'node:crypto';

/** PEM texts: the laboratory's own authority, and one server certificate with its private key (PKCS #8). */
export interface LabCertificates {
  caPem: string;
  certPem: string;
  keyPem: string;
}

export const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_IN_MS = 3_600_000;
const LIFETIME_IN_MS = 30 * 24 * HOUR_IN_MS;

/** The names that clients use (RFC 6125: `*` stands for one label), and the loopback for tools without the host map. */
const subjectNames = [
  { type: 'dns' as const, value: '*.azure-devices.net' },
  { type: 'dns' as const, value: '*.device.azure-devices.net' },
  { type: 'dns' as const, value: '*.service.azure-devices.net' },
  { type: 'dns' as const, value: '*.servicebus.windows.net' },
  { type: 'dns' as const, value: 'management.azure.com' },
  { type: 'dns' as const, value: 'localhost' },
  { type: 'ip' as const, value: '127.0.0.1' },
];

// RFC 5280, 4.1.2.2: a positive integer, unique for each certificate of an authority.
export const serialNumber = () => `01${randomBytes(15).toString('hex')}`;

export const validFromNow = (): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(Date.now() - HOUR_IN_MS),
  notAfter: new Date(Date.now() + LIFETIME_IN_MS),
});

/** PKCS #8. */
export const privateKeyPem = async (key: webcrypto.CryptoKey): Promise<string> =>
  PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

/**
 * A new authority and a server certificate for every laboratory, so that no key is ever stored or shared. The authority's name
 * is unique too: a process that trusts several laboratories must not confuse their authorities.
 */
export async function createLabCertificates(): Promise<LabCertificates> {
  const authorityKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const serverKeys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const authorityName = `CN=iothub-standby lab ${randomBytes(4).toString('hex')}`;
  const validity = validFromNow();
  const authority = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: serialNumber(),
    name: authorityName,
    keys: authorityKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const server = await X509CertificateGenerator.create({
    ...validity,
    serialNumber: serialNumber(),
    subject: 'CN=iothub-standby lab server',
    issuer: authority.subject,
    publicKey: serverKeys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(subjectNames),
    ],
  });
  return {
    caPem: authority.toString('pem'),
    certPem: server.toString('pem'),
    keyPem: await privateKeyPem(serverKeys.privateKey),
  };
}
