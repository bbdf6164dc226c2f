import type { IdentityRecord } from '../../contracts.js';
import { HubError, refuseArgument } from '../core/errors.js';
import { namesNoEtag } from '../core/etag.js';
import type { HubAnswer } from './answers.js';
import { identityDocument, listedDocument } from './documents.js';
import { bodyObject, type HubRequest, type HubRoute } from './request.js';
import { timesOf, type Times } from './times.js';

/** Devices have an ETag header, modules have none (recordings of Azure.IoT.Hub.Service). */
const identityAnswer = (identity: IdentityRecord, times: Times): HubAnswer => ({
  status: 200,
  body: identityDocument(identity, times),
  ...(identity.moduleId === undefined && { headers: { ETag: `"${identity.etag}"` } }),
});

const readIdentity = ({ core, key }: HubRequest): HubAnswer =>
  identityAnswer(core.getIdentity(key), timesOf(core, 'read'));

/** PUT without If-Match creates, with it updates ("Create Or Update Identity"). */
function writeIdentity(request: HubRequest): HubAnswer {
  const { core, key, ifMatch = '' } = request;
  const body = bodyObject(request);
  return namesNoEtag(ifMatch)
    ? identityAnswer(core.createIdentity(key, body), timesOf(core, 'created'))
    : identityAnswer(core.updateIdentity(key, body, ifMatch), timesOf(core, 'written'));
}

/** Without If-Match: 412, not 400 (a record of a live hub: mwalser/terraform-provider-iothub, CONCEPT.md). */
function deleteIdentity({ core, key, ifMatch }: HubRequest): HubAnswer {
  if (ifMatch === undefined) throw new HubError('PreconditionFailed', 'Etag missing');
  core.deleteIdentity(key, ifMatch);
  return { status: 204 };
}

const MAX_TOP = 1000;
function listDevices({ core, query }: HubRequest): HubAnswer {
  const top = Number(query('top') ?? MAX_TOP);
  if (!Number.isInteger(top) || top < 1 || top > MAX_TOP) return refuseArgument(`top must be 1 to ${MAX_TOP}`);
  return {
    status: 200,
    body: core.listDevices(top).map((identity) => listedDocument(identity, timesOf(core, 'read'))),
  };
}

const listModules = ({ core, key }: HubRequest): HubAnswer => ({
  status: 200,
  body: core.listModules(key.deviceId).map((identity) => identityDocument(identity, timesOf(core, 'read'))),
});

const throttle = 'identity';
const DEVICE = '/devices/:deviceId';
const MODULES = '/devices/:deviceId/modules';
const MODULE = `${MODULES}/:moduleId`;
const needsDevice = true;

// Rights: "Control access to IoT Hub", permissions table.
export const identityRoutes: HubRoute[] = [
  { method: 'GET', path: '/devices', right: 'RegistryRead', throttle, handle: listDevices },
  { method: 'GET', path: DEVICE, right: 'RegistryRead', throttle, handle: readIdentity },
  { method: 'PUT', path: DEVICE, right: 'RegistryWrite', throttle, handle: writeIdentity },
  { method: 'DELETE', path: DEVICE, right: 'RegistryWrite', throttle, handle: deleteIdentity },
  { method: 'GET', path: MODULES, right: 'RegistryRead', throttle, handle: listModules, needsDevice },
  { method: 'GET', path: MODULE, right: 'RegistryRead', throttle, handle: readIdentity, needsDevice },
  { method: 'PUT', path: MODULE, right: 'RegistryWrite', throttle, handle: writeIdentity, needsDevice },
  { method: 'DELETE', path: MODULE, right: 'RegistryWrite', throttle, handle: deleteIdentity, needsDevice },
  {
    method: 'GET',
    path: '/statistics/devices',
    right: 'RegistryRead',
    throttle,
    handle: ({ core }) => ({ status: 200, body: core.statistics() }),
  },
];
