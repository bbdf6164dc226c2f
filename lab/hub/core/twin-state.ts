import type { IdentityKey, JsonObject, TwinRecord } from '../../contracts.js';
import { twinEtag } from './etag.js';
import { diffAsPatch, mergePatch } from './merge-patch.js';
import { newSection, patchSection, replaceSection, sectionDocument, type TwinSection } from './twin-section.js';
import { checkGrowth, checkSection, refuseNullTags } from './twin-limits.js';

/** A twin between two writes: never changed in place. */
export interface TwinState {
  /** Writes of tags or desired properties in this life; a device's own reports don't count. */
  readonly etagCount: number;
  readonly version: number;
  readonly tags: JsonObject;
  readonly desired: TwinSection;
  readonly reported: TwinSection;
}

/** What the service side may write. */
export interface TwinContent {
  tags?: JsonObject;
  desired?: JsonObject;
}

/** A merge patch of the twin: null for a section removes all that it holds. */
export type TwinPatch = { [Name in keyof TwinContent]: TwinContent[Name] | null };

/** What a twin can be born with. */
export interface FirstContent extends TwinContent {
  reported?: JsonObject;
}

/** The next state, and the body of the change event: changed keys only ("non-telemetry event schemas", updateTwin). */
export interface TwinChange {
  readonly state: TwinState;
  readonly body: JsonObject;
}

const FIRST_VERSION = 2;

/** A created twin has version 2 and `$version` 1 (the service's own sample), also when it was created with content. */
export function newTwin(content: FirstContent, at: string): TwinState {
  const empty = newSection();
  const section = (name: 'desired' | 'reported'): TwinSection =>
    content[name] === undefined ? empty : replaceSection(name, { ...empty, version: 0 }, content[name], at);
  const { tags = {} } = content;
  checkSection('tags', tags);
  const value = mergePatch(undefined, tags);
  checkGrowth('tags', {}, value);
  return {
    etagCount: 1,
    version: FIRST_VERSION,
    tags: value,
    desired: section('desired'),
    reported: section('reported'),
  };
}

export const twinRecord = (key: IdentityKey, twin: TwinState): TwinRecord => ({
  deviceId: key.deviceId,
  ...(key.moduleId === undefined ? {} : { moduleId: key.moduleId }),
  etag: twinEtag(twin.etagCount),
  version: twin.version,
  tags: twin.tags,
  desired: sectionDocument(twin.desired),
  reported: sectionDocument(twin.reported),
});

/** A patch with the keys that it removes by their names. */
export function namedPatch(twin: TwinState, { tags, desired }: TwinPatch): TwinContent {
  const named = (patch: JsonObject | null, now: JsonObject): JsonObject => patch ?? diffAsPatch(now, {});
  return {
    ...(tags === undefined ? {} : { tags: named(tags, twin.tags) }),
    ...(desired === undefined ? {} : { desired: named(desired, twin.desired.value) }),
  };
}

export function patchTwinState(twin: TwinState, patch: TwinContent, at: string): TwinChange {
  const version = twin.version + 1;
  let next: TwinState = { ...twin, version, etagCount: twin.etagCount + 1 };
  let body: JsonObject = { version };
  if (patch.tags !== undefined) {
    checkSection('tags', patch.tags);
    const tags = mergePatch(twin.tags, patch.tags);
    checkGrowth('tags', twin.tags, tags);
    next = { ...next, tags };
    body = { ...body, tags: patch.tags };
  }
  if (patch.desired !== undefined) {
    const { section, delta } = patchSection('desired', twin.desired, patch.desired, at);
    next = { ...next, desired: section };
    body = { ...body, properties: { desired: delta } };
  }
  return { state: next, body };
}

/** A section that is absent is emptied: PUT writes the whole of what the service side owns. */
export function replaceTwinState(twin: TwinState, content: TwinContent, at: string): TwinState {
  const { tags = {}, desired = {} } = content;
  checkSection('tags', tags);
  refuseNullTags(tags);
  const value = mergePatch(undefined, tags);
  checkGrowth('tags', twin.tags, value);
  return {
    ...twin,
    version: twin.version + 1,
    etagCount: twin.etagCount + 1,
    tags: value,
    desired: replaceSection('desired', twin.desired, desired, at),
  };
}

export function patchReportedState(twin: TwinState, patch: JsonObject, at: string): TwinChange {
  const version = twin.version + 1;
  const { section, delta } = patchSection('reported', twin.reported, patch, at);
  return { state: { ...twin, version, reported: section }, body: { version, properties: { reported: delta } } };
}
