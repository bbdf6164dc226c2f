import { HubError, refuseArgument } from './errors.js';

const QUOTED = /^"(.*)"$/;

/**
 * Compares an If-Match header (RFC 9110, 13.1.1) with the current ETag. `*` and `"*"` (which azure-iothub sends) match
 * anything; an ETag must be quoted (400004), and must be the current one (412001).
 */
export function checkIfMatch(ifMatch: string, currentEtag: string): void {
  if (ifMatch === '*') return;
  const etag = QUOTED.exec(ifMatch)?.[1];
  if (etag === undefined) refuseArgument('The value of If-Match must be a quoted ETag or *');
  if (etag !== '*' && etag !== currentEtag) {
    throw new HubError(
      'PreconditionFailed',
      'The etag in the request does not match the etag of the existing resource',
    );
  }
}

/** A twin's ETag counts the writes of its tags and desired properties, from 1: "AAAAAAAAAAE=". It starts again in each life. */
export function twinEtag(count: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(count));
  return bytes.toString('base64');
}
