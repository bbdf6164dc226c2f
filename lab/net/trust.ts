import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * Makes this process trust one more authority, beside those it trusts already (NODE_EXTRA_CA_CERTS is read at process start
 * only). Certificates are still checked; several laboratories in one process add up.
 */
export function trustInProcess(caPem: string): void {
  const trusted = getCACertificates('default');
  if (!trusted.some((pem) => pem.trim() === caPem.trim())) setDefaultCACertificates([...trusted, caPem]);
}
