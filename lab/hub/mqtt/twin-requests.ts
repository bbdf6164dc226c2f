import type { HubCore, IdentityKey, JsonObject } from '../../contracts.js';
import { isJsonObject } from '../core/merge-patch.js';
import { parseJson } from '../core/number-text.js';
import { isHubError, refusalBody, refusalOf, type Refusal } from './hub-errors.js';
import { twinResponseTopic } from './topics.js';

export interface TwinReply {
  topic: string;
  payload: string;
}

export const refuseTwinRequest = (requestId: string, refusal: Refusal): TwinReply => ({
  topic: twinResponseTopic(refusal.status, requestId),
  payload: refusalBody(refusal),
});

/** A device sees both property sections with `$version`, but neither tags nor `$metadata`. */
export function twinDocument(core: HubCore, key: IdentityKey): JsonObject {
  const { desired, reported } = core.getTwin(key);
  return { desired: withoutMetadata(desired), reported: withoutMetadata(reported) };
}

export function answerTwinGet(core: HubCore, key: IdentityKey, requestId: string): TwinReply {
  return orRefusal(requestId, () => {
    const payload = JSON.stringify(twinDocument(core, key));
    return { topic: twinResponseTopic(200, requestId), payload };
  });
}

export function answerReportedPatch(core: HubCore, key: IdentityKey, requestId: string, body: Buffer): TwinReply {
  return orRefusal(requestId, () => {
    const patch = parseObject(body);
    if (patch === undefined) {
      // 400004 ArgumentInvalid; the wording is ours.
      return refuseTwinRequest(requestId, {
        status: 400,
        errorCode: 400004,
        message: 'the patch is not a JSON object',
      });
    }
    return { topic: twinResponseTopic(204, requestId, core.patchReported(key, patch)), payload: '' };
  });
}

function orRefusal(requestId: string, answer: () => TwinReply): TwinReply {
  try {
    return answer();
  } catch (error) {
    if (isHubError(error)) return refuseTwinRequest(requestId, refusalOf(error));
    throw error;
  }
}

const withoutMetadata = ({ $metadata: _metadata, ...section }: JsonObject): JsonObject => section;

export function parseObject(body: Buffer): JsonObject | undefined {
  try {
    const value = parseJson(body.toString('utf8'));
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
