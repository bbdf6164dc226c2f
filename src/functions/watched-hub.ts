import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { isAppError } from '../errors.js';
import { isSameHub } from '../hub-name.js';
import { refuse } from './refuse.js';

/** The hub of the path: its name or one of its host names, or the role that it has by configuration. */
export interface NamedHub {
  role: string;
  name: string;
}

export const noStore = { 'Cache-Control': 'no-store' };

export const findHub = <T extends NamedHub>(request: HttpRequest, hubs: readonly T[]): T | undefined => {
  const asked = request.params['hub'] ?? '';
  return hubs.find(({ role, name }) => role === asked.toLowerCase() || isSameHub(name, asked));
};

export const refuseHub = (): HttpResponseInit =>
  refuse(
    404,
    'notWatched',
    'No hub of this name or role is watched (settings PRIMARY_HUB_RESOURCE_ID, SECONDARY_HUB_RESOURCE_ID).',
  );

export const refuseForNow = (code: string, message: string): HttpResponseInit =>
  refuse(503, code, message, { 'Retry-After': '5' });

/** Runs what needs storage; while it is away or busy the answer is 503 `storageAway`. */
export async function withStorage(work: () => Promise<HttpResponseInit>): Promise<HttpResponseInit> {
  try {
    return await work();
  } catch (error) {
    if (!isAppError(error, 'storageUnavailable', 'storageConflict')) throw error;
    return refuseForNow('storageAway', 'State storage cannot be used now.');
  }
}
