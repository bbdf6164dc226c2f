import type { EventHubsNamespace, HubCore, HubMessage, MessageSource } from '../contracts.js';

interface MessageRoute {
  source: MessageSource;
  eventHub: string;
}

export interface RoutesOptions {
  core: Pick<HubCore, 'onMessage'>;
  namespace: Pick<EventHubsNamespace, 'append' | 'partitions' | 'running' | 'onResume'>;
  /** Every route whose source matches carries the message: two routes to one event hub carry it twice. */
  routes: readonly MessageRoute[];
  /** Milliseconds since 1970. */
  now?: () => number;
  /** "IoT Hub message routing: messages that can't be delivered expire after one hour." */
  expireAfterInMs?: number;
  log?: (line: string) => void;
}

export interface ConnectedRoutes {
  /** Messages that wait for the namespace. */
  readonly pending: number;
  /** Messages that waited too long and are gone, as in the service. */
  readonly expired: number;
  /** Takes no more messages; those that wait are dropped. */
  close(): void;
}

interface Waiting {
  message: HubMessage;
  eventHub: string;
  since: number;
}

const routeExpiryInMs = 60 * 60 * 1000;

/**
 * Carries a hub's messages to event hubs in the order they were emitted, keyed by device: a device and its modules always share
 * a partition. While the namespace is stopped they wait. Throws when a route names an event hub that does not exist.
 */
export const connectRoutes = (options: RoutesOptions): ConnectedRoutes => {
  const { core, namespace, routes, now = Date.now, expireAfterInMs = routeExpiryInMs, log } = options;
  let waiting: Waiting[] = [];
  let expired = 0;

  /** Oldest first, so everything before the first young one is expired. */
  const expire = (): void => {
    const oldest = now() - expireAfterInMs;
    const young = waiting.findIndex(({ since }) => since > oldest);
    const gone = young === -1 ? waiting.length : young;
    if (gone === 0) return;
    waiting = waiting.slice(gone);
    expired += gone;
    log?.(`routes: ${gone} messages expired before the namespace came back`);
  };

  const deliver = ({ message, eventHub }: Waiting): void => {
    namespace.append(eventHub, message.deviceId, message);
  };

  const flush = (): void => {
    expire();
    const ready = waiting;
    waiting = [];
    for (const each of ready) deliver(each);
  };

  // A route to nowhere shows at the start, not inside the first write of a hub.
  for (const { eventHub } of routes) namespace.partitions(eventHub);
  const unsubscribe = [
    core.onMessage((message) => {
      for (const { source, eventHub } of routes) {
        if (source !== message.source) continue;
        const routed = { message, eventHub, since: now() };
        if (namespace.running) deliver(routed);
        else waiting.push(routed);
      }
      if (waiting.length > 0) expire();
    }),
    namespace.onResume(flush),
  ];

  return {
    get pending() {
      return waiting.length;
    },
    get expired() {
      return expired;
    },
    close: () => {
      for (const end of unsubscribe) end();
      waiting = [];
    },
  };
};
