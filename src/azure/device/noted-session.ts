import type { Clock } from '../../clock.js';
import { isAppError } from '../../errors.js';
import type { HubRole, IdentityKey, JsonObject } from '../../hub-model.js';
import type { DeviceSession } from './device-session.js';
import type { OwnUse, OwnUsePort } from './own-use.js';

/** A process that ends without a word leaves its row: for so long activity counts as ours. */
const LEASE_IN_MS = 60_000;

/** A connection as the device, of which all instances can read when it was used. */
export interface NotedSession extends DeviceSession {
  /** Nobody but us has ever reported anything there: what the source does not have may go. */
  readonly mayRemove: boolean;
}

export interface NoteOptions {
  hub: HubRole;
  key: IdentityKey;
  generationId: string;
  visited: boolean;
  ownUse: OwnUsePort;
  clock: Clock;
  open: () => Promise<DeviceSession>;
}

/** Written down before it is opened, when it stands, now and then, and when it has ended. Rejects as opening and the store do. */
export async function openNoted(options: NoteOptions): Promise<NotedSession> {
  const { hub, key, generationId, visited, ownUse, clock } = options;
  const later = () => new Date(clock.now().getTime() + LEASE_IN_MS);
  const since = clock.now();
  let noted: OwnUse = await ownUse.write(hub, key, { generationId, since, until: later(), lost: false, visited });
  let lastUse = since;

  /** Another instance may have connected since: its row counts then. */
  const note = async (more: Partial<OwnUse>): Promise<void> => {
    try {
      noted = await ownUse.write(hub, key, { ...noted, ...more });
    } catch (error) {
      if (!isAppError(error)) throw error;
    }
  };

  const session = await options.open();
  lastUse = clock.now();
  await note({ connectedAt: lastUse, until: later() });
  return {
    mayRemove: !visited,
    isUsable: () => session.isUsable(),
    wasBrokenOff: () => session.wasBrokenOff(),
    patchReported: async (patch: JsonObject) => {
      if (noted.until.getTime() - clock.now().getTime() < LEASE_IN_MS / 2) await note({ until: later() });
      try {
        await session.patchReported(patch);
      } finally {
        // The hub may have taken what it did not answer.
        lastUse = clock.now();
      }
    },
    close: async () => {
      const lost = session.wasBrokenOff();
      await session.close();
      await note({ until: lastUse, lost });
    },
  };
}
