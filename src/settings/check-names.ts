import leven from 'leven';
import { identityNames, type SettingDefinition } from './definition.js';
import { definitions } from './definitions.js';

const known = new Set(
  Object.entries<SettingDefinition>(definitions).flatMap(([name, definition]) =>
    definition.kind === 'connection' ? [name, ...identityNames(name, definition)] : [name],
  ),
);

/** So short a name is near to too many others. */
const MIN_LENGTH = 8;
const plain = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

const connections = Object.entries<SettingDefinition>(definitions).flatMap(([name, { kind }]) =>
  kind === 'connection' ? [name] : [],
);
/** Nobody else's names begin so. */
const OURS =
  /^(?:(?:PRIMARY|SECONDARY)_(?:HUB|TWIN)_|STATE_(?:STORAGE|REFRESH|MAX)_|STANDBY_|MIRROR_|RELAY_|TWIN_|REPAIR_)/i;

/** The setting of ours that `name` was meant to be: the same but for case and separators, or one or two letters off. */
function meant(name: string): string | undefined {
  if (known.has(name) || name.length < MIN_LENGTH) return undefined;
  const text = plain(name);
  for (const each of known) {
    const other = plain(each);
    const allowed = other.length < 14 ? 1 : 2;
    if (leven(text, other, { maxDistance: allowed + 1 }) <= allowed) return each;
  }
  // A part that no connection of ours has: PRIMARY_HUB__host.
  const owner = /^(.+?)__/.exec(name)?.[1];
  if (owner === undefined || !known.has(owner) || owner.startsWith('AzureWebJobs')) return undefined;
  return [...known].filter((each) => each.startsWith(`${owner}__`)).join(', ') || owner;
}

/** A misspelt name would be a setting that is silently not there. */
export function checkNames(source: Readonly<Record<string, string | undefined>>, problems: string[]): void {
  for (const [name, value] of Object.entries(source)) {
    if (!value?.trim()) continue;
    const right = meant(name);
    const overridden = connections.find((each) => name.toLowerCase() === `azurewebjobs${each}`.toLowerCase());
    if (right !== undefined) problems.push(`${name}: is no setting, ${right} is meant`);
    // The WebJobs SDK looks for such a name first: the triggers and the rest of the app would go to different places.
    else if (overridden !== undefined)
      problems.push(`${name}: the host would take it for ${overridden}; set that alone`);
    else if (OURS.test(name) && !known.has(name)) problems.push(`${name}: is no setting of this app`);
  }
}
