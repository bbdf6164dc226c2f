import { isDeepStrictEqual } from 'node:util';
import type { IdentityKey, IdentityRecord, JsonObject, UpdateForm } from '../../contracts.js';
import { deviceEntry, findEntry, keyOf, type DeviceEntry, type Entry } from './entries.js';
import { HubError, refuseArgument } from './errors.js';
import { checkIdentityIfMatch } from './etag.js';
import { emitLifecycle, type HubState } from './hub-state.js';
import { checkKey, isSystemModule, refuseSystemModule, systemModules } from './id-rules.js';
import { parseIdentityBody, type IdentityBody } from './identity-body.js';
import { newIdentity, updatedIdentity } from './identity-records.js';
import { sevenDigits } from './stamps.js';
import { checkDoubles } from './twin-operations.js';
import { newTwin, type FirstContent } from './twin-state.js';

/** 413003 TooManyModulesOnDevice. */
const MAX_MODULES_ON_DEVICE = 50;

function parseBodyOf(key: IdentityKey, body: JsonObject): IdentityBody {
  const parsed = parseIdentityBody(body);
  const { deviceId = null, moduleId = null } = parsed;
  if (deviceId !== null && deviceId !== key.deviceId) refuseArgument('The device id differs from the one in the URI');
  if (moduleId !== null && moduleId !== key.moduleId) refuseArgument('The module id differs from the one in the URI');
  return parsed;
}

const newEntry = (
  state: HubState,
  key: IdentityKey,
  body: IdentityBody,
  { reported, ...twin }: FirstContent,
): Entry => ({
  identity: newIdentity(state, key, body),
  twin: newTwin(
    reported !== undefined && state.unsettled.reportedInBulkCreate ? { ...twin, reported } : twin,
    sevenDigits(state.clock.now()),
  ),
});

const tellCreated = (state: HubState, entry: Entry): void => emitLifecycle(state, 'created', entry);

const isTold = ({ unsettled }: HubState, { identity }: Entry): boolean =>
  unsettled.systemModulesTold || !isSystemModule(identity.moduleId);

/** The modules that make a device an Edge device, with keys of their own: those of them that are told of. */
function addSystemModules(state: HubState, device: DeviceEntry): Entry[] {
  const { deviceId } = device.identity;
  const added = systemModules.map((moduleId) => {
    const entry = newEntry(state, { deviceId, moduleId }, {}, {});
    device.modules.set(moduleId, entry);
    return entry;
  });
  return added.filter((entry) => isTold(state, entry));
}

function createDevice(state: HubState, key: IdentityKey, body: IdentityBody, twin: FirstContent): IdentityRecord {
  if (state.entries.has(key.deviceId)) {
    throw new HubError('DeviceAlreadyExists', 'A device with this id is already registered.');
  }
  const device: DeviceEntry = { ...newEntry(state, key, body, twin), modules: new Map() };
  state.entries.set(key.deviceId, device);
  const modules = device.identity.capabilities.iotEdge ? addSystemModules(state, device) : [];
  for (const entry of [device, ...modules]) tellCreated(state, entry);
  return device.identity;
}

function createModule(state: HubState, key: IdentityKey, body: IdentityBody, twin: FirstContent): IdentityRecord {
  refuseSystemModule(key);
  const { modules } = deviceEntry(state.entries, key.deviceId);
  const { moduleId = '' } = key;
  if (modules.has(moduleId)) {
    throw new HubError('ModuleAlreadyExistsOnDevice', 'A module with this id is already registered on the device.');
  }
  if (modules.size >= MAX_MODULES_ON_DEVICE) {
    throw new HubError('TooManyModulesOnDevice', `A device has at most ${MAX_MODULES_ON_DEVICE} modules`);
  }
  const entry = newEntry(state, key, body, twin);
  modules.set(moduleId, entry);
  tellCreated(state, entry);
  return entry.identity;
}

export function createIdentity(
  state: HubState,
  key: IdentityKey,
  body: JsonObject,
  twin: FirstContent,
): IdentityRecord {
  checkKey(key);
  const parsed = parseBodyOf(key, body);
  checkDoubles(state, twin.tags, twin.desired, twin.reported);
  const create = key.moduleId === undefined ? createDevice : createModule;
  const identity = create(state, key, parsed, twin);
  state.hooks.write.emit({ kind: 'identity', key });
  return identity;
}

const modulesOf = (entry: Entry): Map<string, Entry> =>
  'modules' in entry ? (entry as DeviceEntry).modules : new Map<string, Entry>();

/** A device's modules connect under its status, so its end is theirs. */
function revoke(state: HubState, entry: Entry): void {
  for (const { identity } of [entry, ...modulesOf(entry).values()]) state.hooks.revoked.emit(keyOf(identity));
}

/** No event exists for an identity update. */
export function updateIdentity(
  state: HubState,
  key: IdentityKey,
  body: JsonObject,
  ifMatch: string,
  form: UpdateForm = 'put',
): IdentityRecord {
  refuseSystemModule(key);
  const entry = findEntry(state.entries, key);
  const before = entry.identity;
  checkIdentityIfMatch(ifMatch, before.etag);
  const after = updatedIdentity(state, before, parseBodyOf(key, body), form);
  if (before.capabilities.iotEdge && !after.capabilities.iotEdge) {
    refuseArgument('An Edge device cannot become another kind of device');
  }
  entry.identity = after;
  if (after.capabilities.iotEdge && !before.capabilities.iotEdge) {
    for (const module of addSystemModules(state, entry as DeviceEntry)) tellCreated(state, module);
  }
  const keysChanged = !isDeepStrictEqual(after.authentication, before.authentication);
  if (keysChanged || after.status === 'disabled') revoke(state, entry);
  state.hooks.write.emit({ kind: 'identity', key });
  return after;
}

/** A device's modules go with it: silently, unless `moduleDeletesToldWithDevice`. */
function tellDeleted(state: HubState, entry: Entry): void {
  const told = state.unsettled.moduleDeletesToldWithDevice;
  const modules = told === false ? [] : [...modulesOf(entry).values()].filter((module) => isTold(state, module));
  for (const each of told === 'before' ? [...modules, entry] : [entry, ...modules])
    emitLifecycle(state, 'deleted', each);
}

export function deleteIdentity(state: HubState, key: IdentityKey, ifMatch: string): void {
  refuseSystemModule(key);
  const entry = findEntry(state.entries, key);
  checkIdentityIfMatch(ifMatch, entry.identity.etag);
  if (key.moduleId === undefined) state.entries.delete(key.deviceId);
  else deviceEntry(state.entries, key.deviceId).modules.delete(key.moduleId);
  revoke(state, entry);
  tellDeleted(state, entry);
  state.hooks.write.emit({ kind: 'identity', key });
}
