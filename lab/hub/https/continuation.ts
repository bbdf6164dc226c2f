import { z } from 'zod';
import type { IdentityKey } from '../../contracts.js';
import { refuseArgument } from '../core/errors.js';

const continuationSchema = z.object({
  query: z.string(),
  after: z.object({ deviceId: z.string(), moduleId: z.string().optional() }),
});

/** Where the next page of a query begins. */
interface Continuation {
  query: string;
  after: IdentityKey;
}

export const tokenOf = (continuation: Continuation): string =>
  Buffer.from(JSON.stringify(continuation)).toString('base64');

const jsonOf = (token: string): unknown => {
  try {
    return JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** Throws 400004 for a token that is not ours, or is of another query. */
export function parseToken(token: string | undefined, query: string): IdentityKey | undefined {
  if (token === undefined || token === '') return undefined;
  const parsed = continuationSchema.safeParse(jsonOf(token));
  if (parsed.data?.query !== query) return refuseArgument('The continuation token is not valid');
  const { deviceId, moduleId } = parsed.data.after;
  return { deviceId, ...(moduleId === undefined ? {} : { moduleId }) };
}
