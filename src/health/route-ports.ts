import type { HubRole } from '../hub-model.js';

/** An endpoint of a hub's routes, as the hub itself sees it. */
export interface EndpointReading {
  name: string;
  /** `healthy`, `unhealthy`, `degraded`, `dead`, `unknown`, or one that the service invents. */
  status: string;
  succeededAt?: Date;
  failedAt?: Date;
}

/** A hub's ARM resource. Rejects with AppError as HubArmPort does. */
export interface RouteReaderPort {
  /** Endpoints that lead into the event hub of that name. */
  readEndpoints(eventHub: string, options: { timeoutInMs: number }): Promise<EndpointReading[]>;
}

/** A time in which the hub may have given messages up. `to` is absent while the route is still dead. */
export interface Loss {
  from: Date;
  to?: Date;
}

/** What is known of one endpoint. */
export interface RouteRow {
  source: HubRole;
  endpoint: string;
  status: string;
  /** Since when it has this status. */
  since: Date;
  succeededAt?: Date;
  /** Until an operator has seen to it. */
  loss?: Loss;
}

/** Rejects with storageUnavailable. */
export interface RouteRowsPort {
  list(): Promise<RouteRow[]>;
  put(row: RouteRow): Promise<void>;
}
