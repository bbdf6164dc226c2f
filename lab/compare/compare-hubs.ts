import type { IdentityRecord, TwinRecord } from '../contracts.js';
import { differingPaths } from './compare-json.js';
import type { ComparedField, Difference } from './difference.js';

/** What `HubCore.snapshot()` gives. */
export type HubSnapshot = { identity: IdentityRecord; twin: TwinRecord }[];
type Entry = HubSnapshot[number];

export interface CompareOptions {
  /** Also reported properties (default true). False where REPORTED_STRATEGY is off. */
  reported?: boolean;
}

/** Modules that the service makes for every Edge device: they come with their device. */
const systemModules = new Set(['$edgeAgent', '$edgeHub']);
const keyOf = ({ identity }: Entry): string => JSON.stringify([identity.deviceId, identity.moduleId ?? null]);

/** Compared as they are; null and absent are the same. */
const scalarFields: [ComparedField, (identity: IdentityRecord) => string | boolean | null | undefined][] = [
  ['status', (identity) => identity.status],
  ['statusReason', (identity) => identity.statusReason],
  ['authenticationType', (identity) => identity.authentication.type],
  ['primaryKey', (identity) => identity.authentication.symmetricKey.primaryKey],
  ['secondaryKey', (identity) => identity.authentication.symmetricKey.secondaryKey],
  ['primaryThumbprint', (identity) => identity.authentication.x509Thumbprint.primaryThumbprint],
  ['secondaryThumbprint', (identity) => identity.authentication.x509Thumbprint.secondaryThumbprint],
  ['iotEdge', (identity) => identity.capabilities.iotEdge],
  ['managedBy', (identity) => identity.managedBy],
];

const difference = (kind: Difference['kind'], { identity }: Entry, field: ComparedField, path = ''): Difference => ({
  kind,
  deviceId: identity.deviceId,
  ...(identity.moduleId === undefined ? {} : { moduleId: identity.moduleId }),
  field,
  path,
});

const compareEntries = (primary: Entry, secondary: Entry, { reported = true }: CompareOptions): Difference[] => {
  const sections = ['tags', 'desired', ...(reported ? (['reported'] as const) : [])] as const;
  return [
    ...scalarFields
      .filter(([, read]) => (read(primary.identity) ?? null) !== (read(secondary.identity) ?? null))
      .map(([field]) => difference('different', primary, field)),
    ...sections.flatMap((section) =>
      differingPaths(primary.twin[section], secondary.twin[section]).map((path) =>
        difference('different', primary, section, path),
      ),
    ),
  ];
};

const indexed = (snapshot: HubSnapshot): { byKey: Map<string, Entry>; duplicates: Difference[] } => {
  const byKey = new Map<string, Entry>();
  const duplicates: Difference[] = [];
  for (const entry of snapshot) {
    if (systemModules.has(entry.identity.moduleId ?? '')) continue;
    if (byKey.has(keyOf(entry))) duplicates.push(difference('duplicate', entry, 'identity'));
    else byKey.set(keyOf(entry), entry);
  }
  return { byKey, duplicates };
};

/** Every difference of what a standby must have equal, the primary being right. Ids are case-sensitive; an empty answer means equal. */
export const compareHubs = (
  primary: HubSnapshot,
  secondary: HubSnapshot,
  options: CompareOptions = {},
): Difference[] => {
  const [left, right] = [indexed(primary), indexed(secondary)];
  return [
    ...left.duplicates,
    ...right.duplicates,
    ...[...left.byKey].flatMap(([key, entry]) => {
      const copy = right.byKey.get(key);
      return copy === undefined ? [difference('missing', entry, 'identity')] : compareEntries(entry, copy, options);
    }),
    ...[...right.byKey]
      .filter(([key]) => !left.byKey.has(key))
      .map(([, entry]) => difference('extra', entry, 'identity')),
  ];
};
