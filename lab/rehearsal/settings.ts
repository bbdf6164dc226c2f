import type { Lab } from '../contracts.js';
import { stableEventHub } from './readers.js';
import type { RehearsalOptions } from './options.js';
import { pollInSeconds, scaled } from './times.js';

/** Consumer groups of the built-in endpoint: the relay's and the consumers'. A failover may lose them. */
export const groups = { relay: 'relay', consumers: 'consumers' } as const;

/** Below a day, `hh:mm:ss`. */
const timeSpan = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 19);

/** Settings of the app beside those of the laboratory: it watches the primary hub and relays its telemetry. */
export const appSettings = (lab: Lab, options: RehearsalOptions): Record<string, string> => {
  const poll = pollInSeconds(options);
  return {
    FEATURES: 'failover,relay',
    WATCH_STEADY_SECONDS: String(poll.steady),
    WATCH_FAILOVER_SECONDS: String(poll.failover),
    WATCH_READ_TIMEOUT_SECONDS: '2',
    VERIFY_TIMEOUT_SECONDS: String(scaled(600, options, 30)),
    DRAIN_LIMIT_SECONDS: String(scaled(1800, options, 60)),
    CONSUMER_GROUPS: Object.values(groups).join(','),
    RELAY_TARGET: lab.namespace.connectionString,
    RELAY_TARGET_EVENT_HUB: stableEventHub,
    RELAY_CONSUMER_GROUP: groups.relay,
    RELAY_START: 'earliest',
    RELAY_SLICE_SECONDS: '20',
    RELAY_DEDUPLICATION_KEY: 'on',
    // What a killed host had in hand: five minutes of the timeline, as in host.json.
    AzureFunctionsJobHost__extensions__durableTask__storageProvider__workItemQueueVisibilityTimeout: timeSpan(
      scaled(300, options, 5),
    ),
  };
};
