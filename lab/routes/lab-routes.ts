import type { Closers } from '../closers.js';
import type { EndpointHealth, EventHubsNamespace, HubCore, HubRole, LabOptions, MessageRoute } from '../contracts.js';
import { connectRoutes, type ConnectedRoutes } from './connect-routes.js';

export interface LabRoutesOptions {
  cores: readonly HubCore[];
  /** The app's own event hubs, which exist. */
  eventHubNames: Readonly<Record<HubRole, string>>;
  namespace: Pick<EventHubsNamespace, 'append' | 'createEventHub' | 'partitions' | 'running' | 'onResume'>;
  partitions: number;
  closers: Closers;
  options: Pick<LabOptions, 'routes' | 'routeExpiryInMs' | 'coalesce' | 'connectionStateIntervalInMs'>;
  log: (line: string) => void;
}

export interface LabRoutes {
  /** Event hubs that were made for routes beside the app's. */
  readonly extraEventHubs: readonly string[];
  endpointHealth(role: HubRole): EndpointHealth[];
  routesOf(role: HubRole): readonly MessageRoute[];
}

/** "React to IoT Hub events by using Event Grid": the snapshot of connection states is taken every 60 seconds. */
const snapshotIntervalInMs = 60_000;

/** Both hubs' routes: those that the app reads, and those that were asked for. */
export const connectLabRoutes = ({
  cores,
  eventHubNames,
  namespace,
  closers,
  ...rest
}: LabRoutesOptions): LabRoutes => {
  const { options, partitions, log } = rest;
  const { routes: extra = [], connectionStateIntervalInMs = snapshotIntervalInMs } = options;
  const appOwn = new Set(Object.values(eventHubNames));
  const extraEventHubs = [...new Set(extra.map(({ eventHub }) => eventHub))].filter((name) => !appOwn.has(name));
  for (const name of extraEventHubs) namespace.createEventHub(name, { partitions });

  const routesOf = (role: HubRole): MessageRoute[] => {
    const eventHub = eventHubNames[role];
    return [
      { source: 'twinChangeEvents', eventHub },
      { source: 'deviceLifecycleEvents', eventHub },
      ...extra.filter(({ hub }) => hub === role),
    ];
  };
  const connect = (core: HubCore): ConnectedRoutes => {
    const routes = routesOf(core.role);
    const connected = connectRoutes({
      core,
      namespace,
      routes,
      log,
      ...(options.coalesce && { coalesce: options.coalesce }),
      ...(options.routeExpiryInMs !== undefined && { expireAfterInMs: options.routeExpiryInMs }),
    });
    closers.add(() => connected.close());
    if (routes.some(({ source }) => source === 'deviceConnectionStateEvents')) {
      const timer = setInterval(() => core.tellConnectionStates(), connectionStateIntervalInMs).unref();
      closers.add(() => clearInterval(timer));
    }
    return connected;
  };
  const byRole = new Map(cores.map((core) => [core.role, connect(core)]));
  return { extraEventHubs, endpointHealth: (role) => byRole.get(role)?.health() ?? [], routesOf };
};
