import type { HubCore } from '../../contracts.js';

/**
 * The two names beside the classic one, with the same first label ("Azure IoT Hub TLS support", TLS 1.3): provisioned on all hubs, one for
 * devices, and one for back ends.
 */
export const otherHostNames = (hostName: string): { deviceHostName: string; serviceHostName: string } => ({
  deviceHostName: hostName.replace('.', '.device.'),
  serviceHostName: hostName.replace('.', '.service.'),
});

/** Which side a connection by one of the names may ask. What each of the two refuses is not known: `otherHostNamesServeAll`. */
export function sidesOf(
  core: Pick<HubCore, 'deviceHostName' | 'serviceHostName' | 'unsettled'>,
  hostName: string,
): { servesDevices: boolean; servesService: boolean } {
  const all = core.unsettled.otherHostNamesServeAll;
  const name = hostName.toLowerCase();
  return {
    servesDevices: all || name !== core.serviceHostName.toLowerCase(),
    servesService: all || name !== core.deviceHostName.toLowerCase(),
  };
}

export const allHostNames = (hostName: string): string[] => [hostName, ...Object.values(otherHostNames(hostName))];
