import type { IdentityKey, JsonObject, TwinRecord } from '../../contracts.js';
import { findEntry, type Entry } from './entries.js';
import { checkTwinIfMatch, twinEtag } from './etag.js';
import { emitTwinChange, type HubState } from './hub-state.js';
import { refuseSystemModule } from './id-rules.js';
import { diffAsPatch } from './merge-patch.js';
import { replacedTwinBody, toldTwin } from './messages.js';
import { copyJson } from './number-text.js';
import { sevenDigits } from './stamps.js';
import { refuseLargeDoubles } from './twin-limits.js';
import {
  namedPatch,
  patchReportedState,
  patchTwinState,
  replaceTwinState,
  twinRecord,
  type TwinContent,
  type TwinPatch,
} from './twin-state.js';

/** Checks that come before every write of the service side. */
function entryForService(state: HubState, key: IdentityKey, ifMatch: string | undefined): Entry {
  refuseSystemModule(key);
  const entry = findEntry(state.entries, key);
  if (ifMatch !== undefined) checkTwinIfMatch(ifMatch, twinEtag(entry.twin.etagCount));
  return entry;
}

/** `largeDoublesTaken`, for the sections that a caller gave. */
export function checkDoubles({ unsettled }: HubState, ...sections: (JsonObject | null | undefined)[]): void {
  if (unsettled.largeDoublesTaken) return;
  for (const section of sections) refuseLargeDoubles(section ?? null);
}

/** A change that sets what is there already still counts and is told (Azure/iotedge#1252). */
export function patchTwin(state: HubState, key: IdentityKey, given: TwinPatch, ifMatch?: string): TwinRecord {
  const entry = entryForService(state, key, ifMatch);
  checkDoubles(state, given.tags, given.desired);
  const patch = namedPatch(entry.twin, given);
  const change = patchTwinState(entry.twin, copyJson(patch), sevenDigits(state.clock.now()));
  entry.twin = change.state;
  emitTwinChange(state, 'updateTwin', key, change.body);
  if (patch.desired !== undefined) {
    state.hooks.desired.emit(key, { ...patch.desired, $version: entry.twin.desired.version });
  }
  state.hooks.write.emit({ kind: 'twin', key });
  return twinRecord(key, entry.twin);
}

export function replaceTwin(state: HubState, key: IdentityKey, content: TwinContent, ifMatch?: string): TwinRecord {
  const entry = entryForService(state, key, ifMatch);
  checkDoubles(state, content.tags, content.desired);
  const before = entry.twin;
  entry.twin = replaceTwinState(before, copyJson(content), sevenDigits(state.clock.now()));
  const record = twinRecord(key, entry.twin);
  emitTwinChange(state, 'replaceTwin', key, replacedTwinBody(toldTwin(entry)));
  const { value, version } = entry.twin.desired;
  state.hooks.desired.emit(key, { ...diffAsPatch(before.desired.value, value), $version: version });
  state.hooks.write.emit({ kind: 'twin', key });
  return record;
}

/** The device's side. Resolves to the new `$version` of reported; the twin's ETag stays. */
export function patchReported(state: HubState, key: IdentityKey, patch: JsonObject): number {
  const entry = findEntry(state.entries, key);
  checkDoubles(state, patch);
  const at = state.clock.now();
  const change = patchReportedState(entry.twin, copyJson(patch), sevenDigits(at));
  entry.twin = change.state;
  entry.identity = { ...entry.identity, lastActivityTime: at.toISOString() };
  emitTwinChange(state, 'updateTwin', key, change.body);
  state.hooks.write.emit({ kind: 'reported', key });
  return entry.twin.reported.version;
}
