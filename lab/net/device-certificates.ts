import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { webcrypto, X509Certificate } from 'node:crypto';
import { algorithm, privateKeyPem, serialNumber, validFromNow } from './certificates.js';

/** What an X.509 device holds, as PEM texts for `client.setOptions({ cert, key })`, and what its hub knows of it. */
export interface DeviceCertificate {
  /** The device's own certificate first, then its issuers below the one that is registered. */
  certPem: string;
  keyPem: string;
  /** SHA-1 and SHA-256, in hexadecimal digits: either can be the thumbprint of a self-signed identity. */
  thumbprints: { sha1: string; sha256: string };
}

interface DeviceCertificateOptions {
  /** Default: an hour ago. */
  notBefore?: Date;
  /** Default: in 30 days. */
  notAfter?: Date;
}

/** Issues certificates; its own is what a hub registers. */
export interface DeviceAuthority {
  readonly caPem: string;
  /** `name`: the id of the device. */
  issue(name: string, options?: DeviceCertificateOptions): Promise<DeviceCertificate>;
  /** An authority below this one: its devices present its certificate behind their own. */
  issueAuthority(name: string): Promise<DeviceAuthority>;
}

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
type Keys = Awaited<ReturnType<typeof newKeys>>;

interface Issuer {
  subject: string;
  keys: Keys;
}

/** RFC 4514, 2.4: what a name must not hold as it is; ids have some of these characters. */
const escaped = (name: string): string => name.replaceAll(/[,+"\\<>;=#]/g, (character) => `\\${character}`);

const deviceExtensions = [
  new BasicConstraintsExtension(false, undefined, true),
  new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
];
const authorityExtensions = [
  new BasicConstraintsExtension(true, undefined, true),
  new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
];

/** Signed by itself when there is no issuer. */
const certificatePem = async (
  subject: string,
  keys: Keys,
  issuer: Issuer | undefined,
  more: DeviceCertificateOptions & { extensions: typeof deviceExtensions | typeof authorityExtensions },
): Promise<string> => {
  const certificate = await X509CertificateGenerator.create({
    ...validFromNow(),
    ...more,
    serialNumber: serialNumber(),
    subject,
    issuer: issuer?.subject ?? subject,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: algorithm,
  });
  return `${certificate.toString('pem')}\n`;
};

const issueTo = async (
  name: string,
  issuer: Issuer | undefined,
  chainPem: string,
  options: DeviceCertificateOptions,
): Promise<DeviceCertificate> => {
  const keys = await newKeys();
  const own = await certificatePem(`CN=${escaped(name)}`, keys, issuer, { ...options, extensions: deviceExtensions });
  const { fingerprint, fingerprint256 } = new X509Certificate(own);
  return {
    certPem: own + chainPem,
    keyPem: await privateKeyPem(keys.privateKey),
    thumbprints: { sha1: fingerprint.replaceAll(':', ''), sha256: fingerprint256.replaceAll(':', '') },
  };
};

/** `chainPem`: what devices must present behind their own certificate. */
const authorityBelow = async (name: string, issuer: Issuer | undefined, above: string): Promise<DeviceAuthority> => {
  const keys = await newKeys();
  const subject = `CN=${escaped(name)}`;
  const caPem = await certificatePem(subject, keys, issuer, { extensions: authorityExtensions });
  const chainPem = issuer === undefined ? '' : caPem + above;
  return {
    caPem,
    issue: (device, options = {}) => issueTo(device, { subject, keys }, chainPem, options),
    issueAuthority: (below) => authorityBelow(below, { subject, keys }, chainPem),
  };
};

/** A certificate that is its own issuer, for identities of type `selfSigned`. */
export const createSelfSignedCertificate = (
  name: string,
  options: DeviceCertificateOptions = {},
): Promise<DeviceCertificate> => issueTo(name, undefined, '', options);

/** A root, for identities of type `certificateAuthority`. */
export const createDeviceAuthority = (name: string): Promise<DeviceAuthority> => authorityBelow(name, undefined, '');
