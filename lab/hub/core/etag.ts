import { HubError, refuseArgument } from './errors.js';

const QUOTED = /^"(.*)"$/;

const refuseMismatch = (): never => {
  throw new HubError('PreconditionFailed', 'The etag in the request does not match the etag of the existing resource');
};

/**
 * Compares an If-Match header (RFC 9110, 13.1.1) with a twin's ETag. `*` and `"*"` (which azure-iothub sends) match
 * anything; an ETag must be quoted (400004), and must be the current one (412001).
 */
export function checkTwinIfMatch(ifMatch: string, currentEtag: string): void {
  if (ifMatch === '*') return;
  const etag = QUOTED.exec(ifMatch)?.[1];
  if (etag === undefined) refuseArgument('The value of If-Match must be a quoted ETag or *');
  if (etag !== '*' && etag !== currentEtag) refuseMismatch();
}

/** An identity's ETag may come without quotes (a record of a live hub: mwalser/terraform-provider-iothub, CONCEPT.md). */
export function checkIdentityIfMatch(ifMatch: string, currentEtag: string): void {
  const etag = QUOTED.exec(ifMatch)?.[1] ?? ifMatch;
  if (etag !== '*' && etag !== currentEtag) refuseMismatch();
}

/** `If-Match: ""` asks for no ETag at all: such a PUT creates (recordings of Azure.IoT.Hub.Service). */
export const namesNoEtag = (ifMatch: string): boolean => ifMatch === '' || ifMatch === '""';

/** A twin's ETag counts the writes of its tags and desired properties, from 1: "AAAAAAAAAAE=". It starts again in each life. */
export function twinEtag(count: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(count));
  return bytes.toString('base64');
}

/** An identity's ETag counts its writes, too, from a number by chance: "NzI3ODk0ODYz" is 727894863, and the next is 727894864. */
export const nextIdentityEtag = (etag: string): string =>
  Buffer.from(String(BigInt(Buffer.from(etag, 'base64').toString()) + 1n)).toString('base64');
