import { createHmac, timingSafeEqual } from 'node:crypto';
import { AmqpRefusal } from './amqp-error.js';
import { pathOf } from './entity-address.js';

/** A policy's name with one of its keys; a policy of two keys is two of these. */
export interface SasPolicy {
  name: string;
  key: string;
}

/** What a connection may use until when: a path of the namespace and everything below it. */
export interface Claim {
  path: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

export const unauthorized = (description: string): AmqpRefusal =>
  new AmqpRefusal('amqp:unauthorized-access', description, 401);

/** True when `path` is `scope` or lies below it; paths of a namespace are compared without case. */
export const covers = (scope: string, path: string): boolean => {
  const [wide, narrow] = [scope.toLowerCase(), path.toLowerCase()];
  return wide === '' || narrow === wide || narrow.startsWith(`${wide}/`);
};

const sameText = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
};

/**
 * Verifies `SharedAccessSignature sr=..&sig=..&se=..&skn=..` for the audience of a put-token request: signature is
 * base64(HMAC-SHA256(key as UTF-8, sr + "\n" + se)), both as they stand in the token. "Authenticate access to Event Hubs with shared
 * access signatures". Throws AmqpRefusal 401; the text never holds the token.
 */
export const verifySasToken = (token: string, audience: string, policies: readonly SasPolicy[], now: number): Claim => {
  const fields = new Map(
    token
      .replace(/^SharedAccessSignature\s+/i, '')
      .split('&')
      .map((field): [string, string] => {
        const at = field.indexOf('=');
        return [field.slice(0, at), field.slice(at + 1)];
      }),
  );
  const [resource, signature, expiry, keyName] = ['sr', 'sig', 'se', 'skn'].map((name) => fields.get(name));
  if (resource === undefined || signature === undefined || expiry === undefined || keyName === undefined) {
    throw unauthorized('MalformedToken: The credential is not a shared access signature.');
  }
  const isSignedBy = ({ name, key }: SasPolicy): boolean => {
    const expected = createHmac('sha256', key).update(`${resource}\n${expiry}`, 'utf8').digest('base64');
    return sameText(decodeURIComponent(keyName), name) && sameText(decodeURIComponent(signature), expected);
  };
  if (!policies.some(isSignedBy)) throw unauthorized('InvalidSignature: The token has an invalid signature.');
  const expiresAt = Number(expiry) * 1000;
  if (!(expiresAt > now)) throw unauthorized('ExpiredToken: The token is expired.');
  if (!covers(pathOf(decodeURIComponent(resource)), pathOf(audience))) {
    throw unauthorized('InvalidAudience: The token is not for this entity.');
  }
  return { path: pathOf(audience), expiresAt };
};
