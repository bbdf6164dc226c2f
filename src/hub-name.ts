/**
 * A hub has up to three host names: `NAME.azure-devices.net`, `NAME.device.azure-devices.net` and `NAME.service.azure-devices.net`
 * (Microsoft.Devices 2026-03-01-preview: hostName, deviceHostName, serviceHostName). Its name is their first label.
 */

/** Host name of a URL or of a host name with a port, path or trailing dot. A bare name stays as it is. */
const bareHost = (text: string): string =>
  text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/[/?#].*$/s, '')
    .replace(/:\d*$/, '')
    .replace(/\.+$/, '');

/** The hub's name of any of its host names, or of the name itself. The case is kept; `isSameHub` compares without it. */
export const hubNameOf = (text: string): string => bareHost(text).split('.')[0] ?? '';

/** Do two host names or names mean one hub? Names are not case-sensitive and are unique within a cloud. */
export const isSameHub = (a: string, b: string): boolean => hubNameOf(a).toLowerCase() === hubNameOf(b).toLowerCase();

/** Under which host names devices can reach a hub. */
export interface DeviceHostNames {
  /** Every hub has it. */
  classic: string;
  /** TLS 1.3, preview: only hubs of the second gateway answer there. Absent outside of Azure's domains. */
  device?: string;
}

/** From any host name of the hub, the service's too. */
export function deviceHostNamesOf(hostName: string): DeviceHostNames {
  const name = hubNameOf(hostName);
  const domain = bareHost(hostName).slice(name.length + 1);
  const base = domain.replace(/^(?:device|service)\.(?=azure-devices\.)/i, '');
  if (base === '') return { classic: name };
  return {
    classic: `${name}.${base}`,
    ...(/^azure-devices\.[a-z]+$/i.test(base) ? { device: `${name}.device.${base}` } : {}),
  };
}

const isDeviceHost = (hostName: string): boolean => /^[^.]+\.device\.azure-devices\./i.test(bareHost(hostName));

/** The host name that devices are sent to: the given one, but never the service's. */
export const deviceHostOf = (hostName: string): string =>
  isDeviceHost(hostName) ? bareHost(hostName) : deviceHostNamesOf(hostName).classic;

/** The host name for the service's APIs: the given one, but never the devices', which has none of them. */
export const serviceHostOf = (hostName: string): string =>
  isDeviceHost(hostName) ? deviceHostNamesOf(hostName).classic : bareHost(hostName);
