import type { Entry } from './entries.js';
import { imageOf, type DeviceImage } from './device-image.js';
import type { HubState } from './hub-state.js';

/** What queries find: the hub as it was a moment ago. */
export interface QueryIndex {
  devices(): DeviceImage[];
}

export interface QueryIndexOptions {
  lagInMs: number;
  /** How long after its end a device may still be found. */
  deletedForInMs: number;
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
}

interface Arrival {
  dueAtInMs: number;
  image: DeviceImage;
}

/** Splits off what is due: arrivals wait in the order of their times. */
const takeDue = (waiting: Arrival[], now: number): Arrival[] => {
  const firstLater = waiting.findIndex(({ dueAtInMs }) => dueAtInMs > now);
  return waiting.splice(0, firstLater === -1 ? waiting.length : firstLater);
};

/** A connection is no write: of the same life its fields are those of now. */
function withConnection(image: Entry, current: Entry | undefined): Entry {
  if (current?.identity.generationId !== image.identity.generationId) return image;
  const { connectionState, connectionStateUpdatedTime, lastActivityTime } = current.identity;
  return { ...image, identity: { ...image.identity, connectionState, connectionStateUpdatedTime, lastActivityTime } };
}

/** A record of a live hub (mwalser/terraform-provider-iothub, CONCEPT.md): new devices come late, and deleted ones may stay for long. */
export function createQueryIndex({ entries, hooks }: HubState, options: QueryIndexOptions): QueryIndex {
  const { lagInMs, deletedForInMs, now } = options;
  const isCurrent = lagInMs === 0 && deletedForInMs === 0;
  if (isCurrent) return { devices: () => [...entries.values()].map(imageOf) };

  const shown = new Map<string, DeviceImage>();
  /** The last image of each device, shown or not. */
  const last = new Map<string, DeviceImage>();
  const written: Arrival[] = [];
  const deleted: Arrival[] = [];
  const settle = (): void => {
    for (const { image } of takeDue(written, now())) shown.set(image.identity.deviceId, image);
    for (const { image } of takeDue(deleted, now())) {
      const { deviceId, generationId } = image.identity;
      if (shown.get(deviceId)?.identity.generationId === generationId) shown.delete(deviceId);
    }
  };
  hooks.write.on(({ key: { deviceId } }) => {
    settle();
    const entry = entries.get(deviceId);
    const image = entry === undefined ? last.get(deviceId) : imageOf(entry);
    if (image === undefined) return;
    if (entry === undefined) deleted.push({ dueAtInMs: now() + Math.max(lagInMs, deletedForInMs), image });
    else written.push({ dueAtInMs: now() + lagInMs, image });
    if (entry === undefined) last.delete(deviceId);
    else last.set(deviceId, image);
  });
  hooks.restored.on(() => {
    written.length = 0;
    deleted.length = 0;
    shown.clear();
    last.clear();
    for (const [deviceId, entry] of entries) {
      shown.set(deviceId, imageOf(entry));
      last.set(deviceId, imageOf(entry));
    }
  });
  return {
    devices: () => {
      settle();
      return [...shown.values()].map((image) => {
        const current = entries.get(image.identity.deviceId);
        const modules = image.modules.map(([moduleId, entry]): [string, Entry] => [
          moduleId,
          withConnection(entry, current?.modules.get(moduleId)),
        ]);
        return { ...withConnection(image, current), modules };
      });
    },
  };
}
