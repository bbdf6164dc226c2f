import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** A self-signed certificate is its own issuer, and nothing that a peer sends may make us go round. */
const MAX_CHAIN = 10;

/** What the peer presented in the TLS handshake: its own certificate, then its issuers. Empty: none. */
export function clientCertificates(connection: Duplex): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next = connection instanceof TLSSocket ? connection.getPeerX509Certificate() : undefined;
  while (next !== undefined && chain.length < MAX_CHAIN) {
    const { fingerprint256 } = next;
    if (chain.some((known) => known.fingerprint256 === fingerprint256)) break;
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}
