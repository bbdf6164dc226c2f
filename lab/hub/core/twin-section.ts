import type { JsonObject } from '../../contracts.js';
import { mergeMetadata, mergePatch } from './merge-patch.js';
import { NEVER_IN_METADATA } from './stamps.js';
import { checkGrowth, checkSection } from './twin-limits.js';

/** Desired or reported properties: never changed in place. */
export interface TwinSection {
  readonly value: JsonObject;
  readonly metadata: JsonObject;
  readonly version: number;
}

export const newSection = (): TwinSection => ({
  value: {},
  metadata: { $lastUpdated: NEVER_IN_METADATA },
  version: 1,
});

export const sectionDocument = ({ value, metadata, version }: TwinSection): JsonObject => ({
  ...value,
  $metadata: metadata,
  $version: version,
});

/** Only desired properties record the version of their last change. */
const stampFor = (name: 'desired' | 'reported', at: string, version: number): JsonObject =>
  name === 'desired' ? { $lastUpdated: at, $lastUpdatedVersion: version } : { $lastUpdated: at };

/** `delta` is what change events carry: the patch as it came, metadata of what it set, the new version. */
export function patchSection(
  name: 'desired' | 'reported',
  section: TwinSection,
  patch: JsonObject,
  at: string,
): { section: TwinSection; delta: JsonObject } {
  checkSection(name, patch);
  const version = section.version + 1;
  const stamp = stampFor(name, at, version);
  const value = mergePatch(section.value, patch);
  checkGrowth(name, section.value, value);
  return {
    section: { value, metadata: mergeMetadata(section.metadata, patch, stamp), version },
    delta: { ...patch, $metadata: mergeMetadata(undefined, patch, stamp), $version: version },
  };
}

export function replaceSection(
  name: 'desired' | 'reported',
  section: TwinSection,
  content: JsonObject,
  at: string,
): TwinSection {
  checkSection(name, content);
  const version = section.version + 1;
  const value = mergePatch(undefined, content);
  checkGrowth(name, section.value, value);
  return { value, metadata: mergeMetadata(undefined, value, stampFor(name, at, version)), version };
}
