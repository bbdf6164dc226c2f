import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { isSameKey } from './operator-key.js';
import { refuse } from './refuse.js';

/** Beside `x-functions-key`, which the host takes. */
const HEADER = 'x-progress-key';

/** `undefined`: the request holds the key that no device has. docs/decisions/0013-progress.md says why there is one. */
export function refuseWithoutKey(request: HttpRequest, progressKey: string | undefined): HttpResponseInit | undefined {
  if (progressKey === undefined)
    return refuse(403, 'noProgressKey', 'The setting PROGRESS_KEY is not set, so no progress is taken.');
  if (isSameKey(request.headers.get(HEADER), progressKey)) return undefined;
  return refuse(401, 'wrongProgressKey', `The header ${HEADER} is not the setting PROGRESS_KEY.`);
}
