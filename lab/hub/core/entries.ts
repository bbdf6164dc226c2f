import type { IdentityKey, IdentityRecord } from '../../contracts.js';
import { HubError } from './errors.js';
import { checkKey } from './id-rules.js';
import type { TwinState } from './twin-state.js';

/** An identity in one life, with its twin. */
export interface Entry {
  identity: IdentityRecord;
  twin: TwinState;
}
export interface DeviceEntry extends Entry {
  readonly modules: Map<string, Entry>;
}
export type Entries = Map<string, DeviceEntry>;

/** Throws 400004 or 404001. */
export function deviceEntry(entries: Entries, deviceId: string): DeviceEntry {
  checkKey({ deviceId });
  const entry = entries.get(deviceId);
  if (entry === undefined) throw new HubError('DeviceNotFound', 'Device not registered');
  return entry;
}

/** Throws 400004, 404001, or 404010 for a module that the device does not have. */
export function findEntry(entries: Entries, key: IdentityKey): Entry {
  checkKey(key);
  const device = deviceEntry(entries, key.deviceId);
  if (key.moduleId === undefined) return device;
  const module = device.modules.get(key.moduleId);
  if (module === undefined) throw new HubError('ModuleNotFound', 'Module not registered');
  return module;
}

export const keyOf = ({ deviceId, moduleId }: IdentityRecord): IdentityKey =>
  moduleId === undefined ? { deviceId } : { deviceId, moduleId };
