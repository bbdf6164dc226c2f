import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { refuse } from './refuse.js';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Where function keys are given, the operator's is too. `null`: none was. */
export const givenKey = (request: HttpRequest): string | null =>
  request.headers.get('x-functions-key') ?? request.query.get('code');

/** Compares digests, so that neither length nor content shows in the time it takes. Without the setting no key is right. */
export const isSameKey = (given: string | null, right: string | undefined): boolean =>
  given !== null && right !== undefined && timingSafeEqual(digest(given), digest(right));

export const isOperatorKey = (given: string | null, operatorKey: string | undefined): boolean =>
  isSameKey(given, operatorKey);

export const refuseKey = (): HttpResponseInit =>
  refuse(401, 'wrongKey', 'This is not the operator key (setting OPERATOR_KEY).');
