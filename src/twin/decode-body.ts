import type { JsonValue } from '../hub-model.js';
import { isNumberText, parseJson } from '../number-text.js';

/** Far above the service's own limit of 10, far below what ends a recursion: a body of brackets only must not end the process. */
const MAX_DEPTH = 64;

export type DecodedBody =
  { ok: true; value: JsonValue } | { ok: false; reason: 'notJson' | 'wrongShape'; detail: string };

/** UTF-8 JSON as routes deliver it (content type application/json, content encoding utf-8). */
export function decodeBody(body: Uint8Array): DecodedBody {
  let value: JsonValue;
  try {
    value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    // TypeError: not UTF-8. SyntaxError: not JSON; its text quotes the body and is not kept.
    return { ok: false, reason: 'notJson', detail: error instanceof TypeError ? 'not UTF-8' : 'not JSON' };
  }
  if (isDeeperThan(value, MAX_DEPTH)) return { ok: false, reason: 'wrongShape', detail: `deeper than ${MAX_DEPTH}` };
  return { ok: true, value };
}

function isDeeperThan(value: JsonValue, limit: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null && !isNumberText(item) ? Object.values(item) : [],
    );
  }
  return false;
}
