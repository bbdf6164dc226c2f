import { HostError } from './host-error.js';

export type Settings = Readonly<Record<string, string | undefined>>;

/**
 * The connection string that a binding names. Order as in the WebJobs SDK: first `AzureWebJobs<name>`, then `<name>`.
 * Throws `host.missingSetting`, or `host.unsupported` for an identity-based connection: the lab hands out connection strings.
 */
export function resolveConnection(settings: Settings, name: string): string {
  const value = settings[`AzureWebJobs${name}`] ?? settings[name];
  if (value !== undefined && value !== '') return value;
  if (Object.keys(settings).some((known) => known.startsWith(`${name}__`))) {
    throw new HostError('host.unsupported', `The identity-based connection "${name}" needs the real host.`);
  }
  throw new HostError('host.missingSetting', `Setting "${name}" is not set: a binding uses it as its connection.`);
}

/**
 * What an SDK makes of the connection string that `setting` holds. The SDKs quote the whole string, its key too, in their errors, so
 * that only the setting is named. Throws `host.badSettings`.
 */
export function openConnection<Client>(setting: string, open: () => Client): Client {
  try {
    return open();
  } catch {
    throw new HostError('host.badSettings', `Setting "${setting}" is no connection string that its SDK takes.`);
  }
}

/** Replaces each `%NAME%` of a binding option by the setting, as the host's AutoResolve does. Throws `host.missingSetting`. */
export function expandNames(settings: Settings, text: string): string {
  return text.replaceAll(/%([^%]+)%/g, (whole, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new HostError('host.missingSetting', `'${whole}' does not resolve to a value.`);
    return value;
  });
}

/** "How to disable functions in Azure Functions": an app setting, with `__` where a dot is not allowed in a name. */
export function isDisabled(settings: Settings, functionName: string): boolean {
  const value =
    settings[`AzureWebJobs.${functionName}.Disabled`] ?? settings[`AzureWebJobs__${functionName}__Disabled`];
  return value !== undefined && ['true', '1'].includes(value.toLowerCase());
}
