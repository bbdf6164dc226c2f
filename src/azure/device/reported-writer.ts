import type { Clock } from '../../clock.js';
import { AppError, isAppError } from '../../errors.js';
import { keyText, otherRole, type HubRole, type Identity, type IdentityKey, type JsonObject } from '../../hub-model.js';
import type { StandStillWatch } from '../../stand-still.js';
import type { ReportedPort } from '../../twin/ports.js';
import { systemClock } from '../system-clock.js';
import { createPace } from './connect-pace.js';
import { openDeviceSession } from './device-session.js';
import { openNoted, type NotedSession } from './noted-session.js';
import { isBackAtSource, lastUser, memoryOwnUse, type OwnUsePort } from './own-use.js';
import { createSessionPool } from './session-pool.js';
import { withoutRemovals } from './without-removals.js';

export interface ReportedWriterOptions {
  /** `getIdentity` reads that hub's registry, keys included, as RegistryHubPort has it. */
  hubs: Record<HubRole, { hostName: string; getIdentity(key: IdentityKey): Promise<Identity | undefined> }>;
  /** Our connections, as all instances know them. Default: this process alone. */
  ownUse?: OwnUsePort;
  /** Default 20. */
  maxOpen?: number;
  /** New connections; S1 allows 100 a second for all devices of a hub. Default 50. */
  connectsPerSecond?: number;
  /** For connecting and for writing each, in milliseconds. Default 30,000. */
  timeoutInMs?: number;
  /** How long a connection stays open for the next write, in milliseconds. Default 5,000. */
  idleInMs?: number;
  clock?: Clock;
  /** While it says so nothing is written; asked after connecting, which can take long. */
  standStill?: Pick<StandStillWatch, 'isUncertain'>;
}

export interface DeviceReportedWriter extends ReportedPort {
  isOurConnection(hub: HubRole, key: IdentityKey): boolean;
  /** Waits for the writes under way and closes every connection. Later writes reject with `aborted`. */
  close(): Promise<void>;
}

/** The key to connect with; `undefined` where we cannot speak for this identity: X.509, CA, none, keys hidden, disabled. */
const usableKey = ({ authentication, status }: Identity): string | undefined => {
  const { primaryKey, secondaryKey } = authentication.symmetricKey ?? {};
  return authentication.type === 'sas' && status !== 'disabled' ? primaryKey || secondaryKey || undefined : undefined;
};

class NotWritable extends Error {}
class HomeElsewhere extends Error {}

const nameOf = (hub: HubRole, key: IdentityKey): string => `${hub}/${keyText(key)}`;
const isEmpty = (patch: JsonObject): boolean => Object.keys(patch).length === 0;

/**
 * REPORTED_STRATEGY=device: reported properties can only be written by the device, so this connects as the device with the key from the hub's registry.
 * One shot: rejects with deviceConnectionFailed (retryable unless the hub refuses the identity), requestRefused (too large, invalid), hubThrottled
 * and other codes of an answer, deviceNotFound or moduleNotFound, and whatever reading the identity rejects with.
 */
export const createReportedWriter = (options: ReportedWriterOptions): DeviceReportedWriter => {
  const { hubs, maxOpen = 20, connectsPerSecond = 50, timeoutInMs = 30_000, idleInMs = 5_000 } = options;
  const { clock = systemClock, ownUse = memoryOwnUse() } = options;
  const pace = createPace(connectsPerSecond, clock);
  const pool = createSessionPool<NotedSession>({ maxOpen, idleInMs });
  /** Nobody else was there a moment ago, and the hub may show the connection before we know that it stands. */
  const connecting = new Set<string>();
  let closed = false;

  /** Has anybody else used this copy? Throws HomeElsewhere where somebody lives there (docs/decisions/0010). */
  const wasVisited = async (hub: HubRole, identity: Identity): Promise<boolean> => {
    const { key, generationId } = identity;
    const use = await ownUse.read(hub, key);
    const user = lastUser(identity, use, timeoutInMs);
    if (user === 'somebodyNow') throw new HomeElsewhere();
    if (user === 'somebody' && !isBackAtSource(await hubs[otherRole(hub)].getIdentity(key), identity))
      throw new HomeElsewhere();
    return user === 'somebody' || (use?.generationId === generationId && use.visited);
  };

  const openAs = async (hub: HubRole, key: IdentityKey): Promise<NotedSession> => {
    const { hostName } = hubs[hub];
    const identity = await hubs[hub].getIdentity(key);
    if (identity === undefined) {
      const code = key.moduleId === undefined ? 'deviceNotFound' : 'moduleNotFound';
      throw new AppError(code, 'reported: the identity is gone', { retryable: false });
    }
    const sharedAccessKey = usableKey(identity);
    if (sharedAccessKey === undefined) {
      throw new NotWritable();
    }
    const visited = await wasVisited(hub, identity);
    await pace();
    const open = () => openDeviceSession({ hostName, key, sharedAccessKey, timeoutInMs });
    const name = nameOf(hub, key);
    connecting.add(name);
    try {
      return await openNoted({ hub, key, generationId: identity.generationId, visited, ownUse, clock, open });
    } catch (error) {
      // A module has no status: the hub refuses it while its device is disabled.
      if (key.moduleId !== undefined && isAppError(error, 'deviceConnectionFailed') && !error.retryable) {
        const device = await hubs[hub].getIdentity({ deviceId: key.deviceId });
        if (device?.status === 'disabled') {
          throw new NotWritable();
        }
      }
      throw error;
    } finally {
      connecting.delete(name);
    }
  };

  return {
    patchReported: async (hub, key, patch, { byState = false } = {}) => {
      if (closed) {
        throw new AppError('aborted', 'reported: closed', { retryable: true });
      }
      try {
        return await pool.use(
          nameOf(hub, key),
          () => openAs(hub, key),
          async (session) => {
            const kept = byState && !session.mayRemove ? withoutRemovals(patch) : patch;
            const outcome = JSON.stringify(kept) === JSON.stringify(patch) ? 'written' : 'writtenInPart';
            if (isEmpty(kept)) return outcome;
            if (options.standStill?.isUncertain()) {
              throw new AppError('aborted', 'reported: this process stood still', { retryable: true });
            }
            await session.patchReported(kept);
            return outcome;
          },
        );
      } catch (error) {
        // A module has no status: its device's counts, and the hub shows no modules of a disabled one.
        if (error instanceof NotWritable || isAppError(error, 'deviceDisabled')) {
          return 'notWritable';
        }
        if (error instanceof HomeElsewhere) {
          return 'homeElsewhere';
        }
        throw error;
      }
    },
    isOurConnection: (hub, key) => pool.has(nameOf(hub, key)) || connecting.has(nameOf(hub, key)),
    close: () => {
      closed = true;
      return pool.close();
    },
  };
};
