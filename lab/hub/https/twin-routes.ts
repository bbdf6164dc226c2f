import type { HubCore, IdentityKey, TwinRecord } from '../../contracts.js';
import type { HubAnswer } from './answers.js';
import { twinDocument } from './documents.js';
import { bodyObject, type HubRequest, type HubRoute } from './request.js';
import { twinContentOf, twinPatchOf } from './twin-content.js';

const twinAnswer = (core: HubCore, key: IdentityKey, twin: TwinRecord): HubAnswer => ({
  status: 200,
  body: twinDocument(core.getIdentity(key), twin),
  headers: { ETag: `"${twin.etag}"` },
});

const readTwin = ({ core, key }: HubRequest): HubAnswer => twinAnswer(core, key, core.getTwin(key));

/** Merge patch; without If-Match unconditional ("Update Twin"). */
function patchTwin(request: HubRequest): HubAnswer {
  const { core, key, ifMatch } = request;
  return twinAnswer(core, key, core.patchTwin(key, twinPatchOf(bodyObject(request)), ifMatch));
}

/** "Replace Twin": tags and desired properties, as a whole. */
function replaceTwin(request: HubRequest): HubAnswer {
  const { core, key, ifMatch } = request;
  return twinAnswer(core, key, core.replaceTwin(key, twinContentOf(bodyObject(request)), ifMatch));
}

export const twinRoutes: HubRoute[] = ['/twins/:deviceId', '/twins/:deviceId/modules/:moduleId'].flatMap(
  (path): HubRoute[] => [
    { method: 'GET', path, right: 'ServiceConnect', throttle: 'twinReads', handle: readTwin },
    { method: 'PATCH', path, right: 'ServiceConnect', throttle: 'twinWrites', handle: patchTwin },
    { method: 'PUT', path, right: 'ServiceConnect', throttle: 'twinWrites', handle: replaceTwin },
  ],
);
