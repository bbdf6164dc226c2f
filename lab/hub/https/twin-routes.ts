import type { HubCore, IdentityKey, TwinRecord } from '../../contracts.js';
import { HubError } from '../core/errors.js';
import type { HubAnswer } from './answers.js';
import { twinDocument } from './documents.js';
import { bodyObject, type HubRequest, type HubRoute } from './request.js';
import { timesOf } from './times.js';
import { twinContentOf, twinPatchOf } from './twin-content.js';

/** Without an ETag header, unlike devices (recordings of Azure.IoT.Hub.Service). */
const twinAnswer = (core: HubCore, key: IdentityKey, twin: TwinRecord): HubAnswer => ({
  status: 200,
  body: twinDocument(core.getIdentity(key), twin, timesOf(core, 'read')),
});

/** A module without a twin is DeviceNotFound, too (a record of a live hub: mwalser/terraform-provider-iothub, CONCEPT.md). */
const asDeviceNotFound =
  (handle: HubRoute['handle']): HubRoute['handle'] =>
  (request) => {
    try {
      return handle(request);
    } catch (error) {
      if (!(error instanceof HubError) || error.errorName !== 'ModuleNotFound') throw error;
      throw new HubError('DeviceNotFound', 'Device not registered');
    }
  };

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

const reads = { right: 'ServiceConnect', throttle: 'twinReads' } as const;
const writes = { right: 'ServiceConnect', throttle: 'twinWrites' } as const;

export const twinRoutes: HubRoute[] = ['/twins/:deviceId', '/twins/:deviceId/modules/:moduleId'].flatMap(
  (path): HubRoute[] => [
    { method: 'GET', path, ...reads, handle: asDeviceNotFound(readTwin) },
    { method: 'PATCH', path, ...writes, handle: asDeviceNotFound(patchTwin) },
    { method: 'PUT', path, ...writes, handle: asDeviceNotFound(replaceTwin) },
  ],
);
