import { compareHubs, type HubSnapshot } from '../compare/compare-hubs.js';
import type { Difference } from '../compare/difference.js';
import type { HubCore, IdentityKey, Lab } from '../contracts.js';

const isHubError = (error: unknown): boolean => error instanceof Error && 'errorName' in error;

/** A device with its modules as the hub holds them now; empty when it is not there. */
export const snapshotOf = (core: HubCore, deviceId: string): HubSnapshot => {
  try {
    const keys: IdentityKey[] = [{ deviceId }, ...core.listModules(deviceId).map(keyOf)];
    return keys.map((key) => ({ identity: core.getIdentity(key), twin: core.getTwin(key) }));
  } catch (error) {
    if (isHubError(error)) return [];
    throw error;
  }
};

const keyOf = ({ deviceId, moduleId }: IdentityKey): IdentityKey =>
  moduleId === undefined ? { deviceId } : { deviceId, moduleId };

/** What differs between the hubs for one device; undefined when it is not on the primary. */
export const differencesOf = (lab: Lab, deviceId: string): Difference[] =>
  compareHubs(snapshotOf(lab.hub('primary'), deviceId), snapshotOf(lab.hub('secondary'), deviceId));

export const allDifferences = (lab: Lab): Difference[] =>
  compareHubs(lab.hub('primary').snapshot(), lab.hub('secondary').snapshot());

/** Identities which differ, each once. */
export const differingIdentities = (differences: readonly Difference[]): IdentityKey[] => {
  const byName = new Map(differences.map((difference) => [keyText(difference), keyOf(difference)]));
  return [...byName.values()];
};

/** `/` is in no id, so the text is unique. */
export const keyText = ({ deviceId, moduleId }: IdentityKey): string =>
  moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;

const examples = 3;

/** For messages: how many, and which first. Names only. */
export const describeDifferences = (differences: readonly Difference[]): string => {
  const shown = differences
    .slice(0, examples)

    .map((difference) => [difference.kind, keyText(difference), `${difference.field}${difference.path}`].join(' '));
  const more = differences.length > examples ? ', ...' : '';
  return `${differences.length} differences (${shown.join(', ')}${more})`;
};
