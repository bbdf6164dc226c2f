import type { Context } from 'hono';
import type { ArmHub, ArmScope } from './arm-hub.js';

export interface ArmRequest {
  scope: ArmScope;
  hub: ArmHub;
  context: Context;
  /** A parameter of the path. */
  param: (name: string) => string;
}

/** The same of an operation that is about no hub. */
interface SubscriptionRequest extends Omit<ArmRequest, 'hub'> {
  hubs: readonly ArmHub[];
}

/** Below `/subscriptions/:subscription/providers/Microsoft.Devices`. */
export interface SubscriptionRoute {
  method: 'GET';
  path: string;
  handle: (request: SubscriptionRequest) => Response;
}

/** One operation of the resource provider; paths are below `/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Devices`. */
export interface ArmRoute {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** Gets no answer while the hub's management is blocked by a failover. */
  blocks?: true;
  handle: (request: ArmRequest) => Response | Promise<Response>;
}
