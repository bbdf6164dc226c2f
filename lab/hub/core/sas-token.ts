import { createHmac, timingSafeEqual } from 'node:crypto';

/** `SharedAccessSignature sr={resource}&sig={signature}&se={expiry}[&skn={policy}]` */
export interface SasToken {
  /** Decoded once. */
  readonly resource: string;
  readonly expiresAtInSeconds: number;
  readonly policyName: string | undefined;
  /** HMAC-SHA256 in base64 over `{sr as sent}\n{se}`. */
  readonly signature: Buffer;
  readonly signedText: string;
}

const PREFIX = 'SharedAccessSignature ';

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

/** `undefined` for what is not such a token. Fields come in any order. */
export function parseSasToken(token: string): SasToken | undefined {
  if (!token.startsWith(PREFIX)) return undefined;
  const fields = new Map(
    token
      .slice(PREFIX.length)
      .split('&')
      .map((field) => {
        const at = field.indexOf('=');
        return [field.slice(0, at), field.slice(at + 1)] as const;
      }),
  );
  const sr = fields.get('sr');
  const se = fields.get('se');
  const skn = fields.get('skn');
  const resource = decoded(sr ?? '');
  const signature = decoded(fields.get('sig') ?? '');
  if (sr === undefined || se === undefined || !/^\d{1,15}$/.test(se)) return undefined;
  if (resource === undefined || signature === undefined) return undefined;
  return {
    resource,
    expiresAtInSeconds: Number(se),
    policyName: skn === undefined ? undefined : decoded(skn),
    signature: Buffer.from(signature, 'base64'),
    signedText: `${sr}\n${se}`,
  };
}

/** Compared in constant time: a wrong key must not be guessable from how long the answer takes. */
export function isSignedWith(token: SasToken, keys: readonly (string | null)[]): boolean {
  return keys.some((key) => {
    if (key === null) return false;
    const expected = createHmac('sha256', Buffer.from(key, 'base64')).update(token.signedText).digest();
    return token.signature.length === expected.length && timingSafeEqual(token.signature, expected);
  });
}
