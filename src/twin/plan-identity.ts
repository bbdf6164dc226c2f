import type { IdentityKey, JsonObject } from '../hub-model.js';
import { isJsonObject } from '../merge-patch.js';
import { coalesce, type Change, type Write } from './coalesce.js';
import type { LifecycleChange, TwinChange } from './parse-event.js';
import type { RawTwinEvent, SkipReason } from './ports.js';

/** One event of an identity: as it came, and as it was read. */
export interface PlannedEvent {
  raw: RawTwinEvent;
  event: TwinChange | LifecycleChange;
}
export type EventWrite = Write<PlannedEvent>;

/** What is left to do for one identity of a batch. Done writes are taken off, so that a batch that comes again goes on from there. */
export interface IdentityWork {
  readonly key: IdentityKey;
  /** Tags, desired and lifecycle, strictly in order. */
  readonly writes: EventWrite[];
  /** Reported, after the whole batch's `writes`. */
  readonly reported: EventWrite[];
}

export interface IdentityPlan extends IdentityWork {
  skips: SkipReason[];
}

/** Events of one identity in their order. */
export function planIdentity(key: IdentityKey, events: readonly PlannedEvent[]): IdentityPlan {
  let main: Change<PlannedEvent>[] = [];
  let reported: Change<PlannedEvent>[] = [];
  const skips: SkipReason[] = [];
  for (const item of events) {
    const { event } = item;
    if (event.kind === 'lifecycle') {
      // It brings the copy up by state, or has it done: what came before is in that state, or was of another life, which must
      // not reach this one.
      const covered = [...main.filter(({ kind }) => kind !== 'barrier'), ...reported];
      skips.push(...covered.map((): SkipReason => 'coveredByState'));
      main = [...main.filter(({ kind }) => kind === 'barrier'), { kind: 'barrier', item }];
      reported = [];
      continue;
    }
    const kind = event.opType === 'replaceTwin' ? 'replace' : 'patch';
    const document = sections(event, 'tags', 'desired');
    if (document) main.push({ kind, document, item });
    const report = sections(event, 'reported');
    if (report) reported.push({ kind, document: report, item });
    if (!document && !report) skips.push('nothingToDo');
  }
  return { key, writes: coalesce(main), reported: coalesce(reported), skips };
}

function sections(event: TwinChange, ...names: ('tags' | 'desired' | 'reported')[]): JsonObject | undefined {
  const present = names.flatMap((name) => (event[name] ? [[name, event[name]] as const] : []));
  return present.length > 0 ? Object.fromEntries(present) : undefined;
}

export const section = (document: JsonObject, name: 'tags' | 'desired' | 'reported'): JsonObject | undefined => {
  const value = document[name];
  return isJsonObject(value) ? value : undefined;
};
