/** The relay as a plain process: `npm run relay`. The same settings as in the Functions app, from the environment. */
import { toStorageConnection } from '../azure/connect-services.js';
import { createStorage } from '../azure/storage/storage.js';
import { systemClock } from '../azure/system-clock.js';
import { AppError, isAppError } from '../errors.js';
import { defectFields, type Logger } from '../log-events.js';
import { loadSettings } from '../settings.js';
import { connectRelay } from '../wiring/connect-relay.js';
import { runRelayProcess } from './process.js';

const logger: Logger = {
  event: (level, id, fields = {}) =>
    console[level](JSON.stringify({ time: new Date().toISOString(), level, id, ...fields })),
};

const invalid = (what: string): AppError => new AppError('invalidSettings', what, { retryable: false });

/** Throws invalidSettings: a process that can relay nothing must not look healthy. */
function connect() {
  const { relay, failover, hubs, stateStorage } = loadSettings(process.env);
  if (!relay) throw invalid('RELAY_TARGET is not set');
  if (!failover.watched.some(({ events }) => events))
    throw invalid('no hub has both _HUB_RESOURCE_ID and _HUB_EVENTS set: there is nothing to relay');
  const { watches, progress, parked, blobs } = createStorage(toStorageConnection(stateStorage), {
    hubNames: { primary: hubs.primary.name, secondary: hubs.secondary.name },
    settingName: stateStorage.connectionName,
  });
  const storage = { watches, progress, park: parked, blobs };
  return connectRelay({ relay, watched: failover.watched, storage, clock: systemClock, logger });
}

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort(signal));

try {
  const start = connect();
  await runRelayProcess({ start, clock: systemClock, logger, stopSignal: stop.signal, healthEveryInMs: 60_000 });
  // SDK clients that were given up may keep sockets for a while.
  process.exit(0);
} catch (error) {
  logger.event(
    'error',
    'defect',
    isAppError(error) ? { code: error.code, reason: error.message } : defectFields(error),
  );
  process.exit(1);
}
