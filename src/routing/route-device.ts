import type { HubRole } from '../hub-model.js';
import { deviceHostNamesOf, deviceHostOf, isSameHub, type DeviceHostNames } from '../hub-name.js';
import type { RoutingDocument } from './document.js';

/** The answer to a device. Times: seconds until it should ask again, milliseconds before it may connect. */
export interface DeviceRoute {
  deviceId: string;
  /** `hostName` is the one to use. `hostNames` are all that this hub has for devices: another one is no other hub. */
  hub: { name: string; hostName: string; hostNames: DeviceHostNames; role: HubRole };
  epoch: number;
  revision: number;
  ttlInSeconds: number;
  connectAfterInMs: number;
}

export interface RouteOptions {
  /** Host names as configured; devices are never sent to the service's. */
  hubs: Record<HubRole, { name: string; hostName: string }>;
  ttlInSeconds: number;
}

/**
 * Which hub this device connects to: the one that the document names, whatever role the settings give it. `undefined`: the document names a hub
 * that the settings do not have, so that its host name is not known. No operation is paced in this version of the document, so a
 * device may connect at once.
 */
export function routeDevice(
  document: RoutingDocument,
  deviceId: string,
  options: RouteOptions,
): DeviceRoute | undefined {
  const { primary, secondary } = options.hubs;
  const named = document.hubs?.[document.activeHub];
  const hub =
    named === undefined
      ? options.hubs[document.activeHub]
      : [primary, secondary].find(({ name }) => isSameHub(name, named));
  if (!hub) return undefined;
  const { name, hostName } = hub;
  return {
    deviceId,
    hub: {
      name,
      hostName: deviceHostOf(hostName),
      hostNames: deviceHostNamesOf(hostName),
      role: document.activeHub,
    },
    epoch: document.epoch,
    revision: document.revision,
    ttlInSeconds: options.ttlInSeconds,
    connectAfterInMs: 0,
  };
}
