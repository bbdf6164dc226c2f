import type {
  CoalesceOptions,
  EndpointHealth,
  EventHubsNamespace,
  HubCore,
  HubMessage,
  MessageRoute,
} from '../contracts.js';
import type { FaultTimers } from '../faults/timers.js';
import { createTwinCoalescer } from './coalesce-twins.js';
import { createEndpoint } from './endpoint.js';

export interface RoutesOptions {
  core: Pick<HubCore, 'onMessage'>;
  namespace: Pick<EventHubsNamespace, 'append' | 'partitions' | 'running' | 'onResume'>;
  /** Every route whose source matches carries the message: two routes to one event hub carry it twice. */
  routes: readonly MessageRoute[];
  /** Default: every change is told. */
  coalesce?: CoalesceOptions;
  /** Milliseconds since 1970. */
  now?: () => number;
  timers?: Pick<FaultTimers, 'after'>;
  /** "IoT Hub message routing: messages that can't be delivered expire after one hour." */
  expireAfterInMs?: number;
  log?: (line: string) => void;
}

export interface ConnectedRoutes {
  /** Messages that wait for the namespace. */
  readonly pending: number;
  /** Messages that waited too long and are gone, as in the service. */
  readonly expired: number;
  /** In the order of the routes, each event hub once. */
  health(): EndpointHealth[];
  /** Takes no more messages; those that wait are dropped. */
  close(): void;
}

const routeExpiryInMs = 60 * 60 * 1000;

/**
 * Carries a hub's messages to event hubs in the order they were emitted. While the namespace is stopped they wait. Throws when a
 * route names an event hub that does not exist.
 */
export const connectRoutes = (options: RoutesOptions): ConnectedRoutes => {
  const { core, namespace, routes, now = Date.now, expireAfterInMs = routeExpiryInMs, log } = options;
  // A route to nowhere shows at the start, not inside the first write of a hub.
  for (const { eventHub } of routes) namespace.partitions(eventHub);
  const endpoints = new Map(
    routes.map(({ eventHub }) => [eventHub, createEndpoint({ eventHub, namespace, now, expireAfterInMs, log })]),
  );

  const carry = (message: HubMessage): void => {
    for (const { source, eventHub } of routes) if (source === message.source) endpoints.get(eventHub)?.send(message);
  };
  const coalescer = options.coalesce && createTwinCoalescer({ ...options.coalesce, ...timersOf(options), emit: carry });
  const unsubscribe = [
    core.onMessage(coalescer?.take ?? carry),
    namespace.onResume(() => {
      for (const endpoint of endpoints.values()) endpoint.flush();
    }),
  ];
  const health = (): EndpointHealth[] => [...endpoints.values()].map((endpoint) => endpoint.health());
  const sum = (count: (health: EndpointHealth) => number): number =>
    health().reduce((total, each) => total + count(each), 0);

  return {
    get pending() {
      return sum(({ waiting }) => waiting);
    },
    get expired() {
      return sum(({ expired }) => expired);
    },
    health,
    close: () => {
      for (const end of unsubscribe) end();
      coalescer?.close();
      for (const endpoint of endpoints.values()) endpoint.close();
    },
  };
};

const timersOf = ({ timers }: RoutesOptions): Pick<RoutesOptions, 'timers'> => (timers === undefined ? {} : { timers });
