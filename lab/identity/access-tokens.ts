import type { VerifyBearer } from '../contracts.js';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

interface IssuedToken {
  token: string;
  /** Seconds since 1970. */
  expiresAtInSeconds: number;
}

/** The laboratory's Microsoft Entra: issues bearer tokens, and knows its own. */
export interface AccessTokens {
  /** `audience`: the resource it is for, such as `https://iothubs.azure.net`. `clientId`: of a user-assigned identity. */
  issue(audience: string, options?: { clientId?: string; lifetimeInSeconds?: number }): IssuedToken;
  /** Undefined for what is no token of ours, is expired or is for another audience. */
  verify: VerifyBearer;
}

/** Managed identities get tokens for 24 hours. */
const LIFETIME_IN_SECONDS = 86_400;

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const withoutSlash = (audience: string): string => audience.replace(/\/+$/, '');

/** The one tenant of the laboratory. "Access token claims reference": `iss` and `tid` name it. */
const TENANT = '00000000-0000-4000-8000-00000000feed';

interface Claims {
  aud: string;
  exp: number;
}

/** JSON Web Tokens (RFC 7519) signed with HS256 and a key of this laboratory alone. */
export function createAccessTokens(now: () => Date = () => new Date()): AccessTokens {
  const key = randomBytes(32);
  const systemAssigned = randomBytes(16).toString('hex');
  const sign = (text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const nowInSeconds = (): number => Math.floor(now().getTime() / 1000);

  return {
    issue: (audience, { clientId = systemAssigned, lifetimeInSeconds = LIFETIME_IN_SECONDS } = {}) => {
      const iat = nowInSeconds();
      const exp = iat + lifetimeInSeconds;
      const claims = { aud: audience, iss: `https://sts.windows.net/${TENANT}/`, iat, nbf: iat, exp, tid: TENANT };
      const signed = `${encoded({ typ: 'JWT', alg: 'HS256' })}.${encoded({ ...claims, appid: clientId, oid: clientId })}`;
      return { token: `${signed}.${sign(signed).toString('base64url')}`, expiresAtInSeconds: exp };
    },
    verify: (token, audience) => {
      const [header, payload, signature, ...rest] = token.split('.');
      if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) return undefined;
      const [given, expected] = [Buffer.from(signature, 'base64url'), sign(`${header}.${payload}`)];
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      // Signed by us, so it has this shape.
      const { aud, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Claims;
      return withoutSlash(aud) === withoutSlash(audience) && exp > nowInSeconds() ? exp : undefined;
    },
  };
}
