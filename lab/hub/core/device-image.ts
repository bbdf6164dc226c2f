import type { DeviceEntry, Entry } from './entries.js';

/** One device as it was; identities and twins are replaced by each write, never changed, so references will do. */
export interface DeviceImage extends Entry {
  modules: [string, Entry][];
}

export const imageOf = ({ identity, twin, modules }: DeviceEntry): DeviceImage => ({
  identity,
  twin,
  modules: [...modules].map(([moduleId, entry]) => [moduleId, { identity: entry.identity, twin: entry.twin }]),
});
