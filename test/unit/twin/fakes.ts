import type { DirectionPort, DirectionVerdict } from '../../../src/direction.js';
import { AppError, type ErrorCode } from '../../../src/errors.js';
import {
  keyText,
  type HubRole,
  type IdentityKey,
  type JsonObject,
  type JsonValue,
  type Twin,
  type TwinPatch,
} from '../../../src/hub-model.js';
import { applyPatch, isJsonObject } from '../../../src/merge-patch.js';
import type {
  CopyMark,
  DirtyReason,
  ParkedItem,
  ParkPort,
  PartitionRow,
  PositionPort,
  RawTwinEvent,
  ReplicatePort,
  ReportedPort,
  TwinHubPort,
} from '../../../src/twin/ports.js';
import type { ReplicateOutcome } from '../../../src/replicate-outcome.js';
import type { ReplayerOptions } from '../../../src/twin/effects.js';
import { createTwinReplayer } from '../../../src/twin/replay-batch.js';
import { createCounters } from '../../../src/health/counters.js';
import { aClock, aLogger } from '../support/fakes.js';

export const anError = (code: ErrorCode, retryable = false) => new AppError(code, code, { retryable });

export interface Call {
  op: 'getTwin' | 'patchTwin' | 'patchReported';
  key: string;
  patch?: { [name: string]: JsonValue };
  etag?: string;
}
/** Throws to make the call fail before it does anything. */
export type Fault = (call: Call) => void;

/** Twins in memory, with a fault hook; `onCall` of a test may also change the twin under the writer's hands. */
export class FakeHub implements TwinHubPort {
  readonly twins = new Map<string, Twin>();
  readonly calls: Call[] = [];
  fault: Fault = () => {};
  /** Throws after a write was done: the outcome that a timeout leaves unknown. */
  lateFault: () => void = () => {};

  add(key: IdentityKey, content: Partial<Twin> = {}): this {
    this.twins.set(keyText(key), { key, etag: 'e1', version: 1, tags: {}, desired: {}, reported: {}, ...content });
    return this;
  }
  /** Without the readings: a copy that was never written in this process is read once. */
  get writes(): Call[] {
    return this.calls.filter(({ op }) => op !== 'getTwin');
  }
  twin(key: IdentityKey | string): Twin | undefined {
    return this.twins.get(typeof key === 'string' ? key : keyText(key));
  }
  content(): Record<string, unknown> {
    return Object.fromEntries(
      [...this.twins]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([id, { tags, desired, reported }]) => [id, { tags, desired, reported }]),
    );
  }
  async getTwin(key: IdentityKey): Promise<Twin | undefined> {
    this.enter({ op: 'getTwin', key: keyText(key) });
    return this.twin(key);
  }
  async patchTwin(key: IdentityKey, patch: TwinPatch, etag?: string): Promise<Twin> {
    this.enter({ op: 'patchTwin', key: keyText(key), patch: { ...patch }, ...(etag !== undefined && { etag }) });
    const twin = this.existing(key);
    if (etag !== undefined && etag !== '*' && etag !== twin.etag) throw anError('preconditionFailed');
    const written = this.write({
      ...twin,
      tags: applyPatch(twin.tags, patch.tags ?? {}),
      desired: applyPatch(twin.desired, patch.desired ?? {}),
    });
    this.lateFault();
    return written;
  }
  report(key: IdentityKey, patch: JsonObject): void {
    this.enter({ op: 'patchReported', key: keyText(key), patch });
    const twin = this.existing(key);
    this.write({ ...twin, reported: applyPatch(twin.reported, patch) });
    this.lateFault();
  }
  write(twin: Twin): Twin {
    const next = { ...twin, version: twin.version + 1, etag: `e${twin.version + 1}` };
    this.twins.set(keyText(twin.key), next);
    return next;
  }
  /** With a device its modules go, without events of their own. */
  remove(key: IdentityKey): void {
    this.twins.delete(keyText(key));
    if (key.moduleId !== undefined) return;
    for (const [id, twin] of this.twins) if (twin.key.deviceId === key.deviceId) this.twins.delete(id);
  }
  private enter(call: Call): void {
    this.calls.push(call);
    this.fault(call);
  }
  private existing(key: IdentityKey): Twin {
    const twin = this.twin(key);
    if (!twin) throw anError(key.moduleId === undefined ? 'deviceNotFound' : 'moduleNotFound');
    return twin;
  }
}

/** The registry room: copies by state, keeps dirty marks, repairs them on demand. */
class FakeRegistry implements ReplicatePort {
  readonly marks: { source: HubRole; key: IdentityKey; reason: DirtyReason }[] = [];
  readonly replicated: string[] = [];
  /** Stands in for the outcome, or throws. */
  outcome: () => ReplicateOutcome | undefined = () => undefined;
  markFault: () => void = () => {};
  /** What the ledger says of a copy; `undefined`: no record. By default there is one that is older than every change. */
  copyMark: (key: IdentityKey) => CopyMark | undefined = () => ({ generationId: 'g1', begunAt: new Date(0) });
  readonly source: FakeHub;
  readonly target: FakeHub;

  constructor(source: FakeHub, target: FakeHub) {
    this.source = source;
    this.target = target;
  }
  async replicateIdentity(_source: HubRole, key: IdentityKey): Promise<ReplicateOutcome> {
    this.replicated.push(keyText(key));
    return this.outcome() ?? this.copy(key);
  }
  async copyOf(_source: HubRole, key: IdentityKey): Promise<CopyMark | undefined> {
    return this.copyMark(key);
  }
  async markDirty(source: HubRole, key: IdentityKey, reason: DirtyReason): Promise<void> {
    this.markFault();
    this.marks.push({ source, key, reason });
  }
  repairAll(): void {
    for (const { key } of this.marks.splice(0)) {
      const modules = [...this.source.twins.values(), ...this.target.twins.values()].map((twin) => twin.key);
      this.copy(key);
      if (key.moduleId === undefined)
        for (const module of modules) if (module.deviceId === key.deviceId) this.copy(module);
    }
  }
  private copy(key: IdentityKey): ReplicateOutcome {
    const twin = this.source.twin(key);
    if (twin) this.target.write({ ...twin, version: this.target.twin(key)?.version ?? 0 });
    else this.target.twins.delete(keyText(key));
    return twin ? { kind: 'done' } : { kind: 'sourceGone' };
  }
}

class FakeReported implements ReportedPort {
  readonly hub: FakeHub;
  answer: 'written' | 'notWritable' = 'written';
  constructor(hub: FakeHub) {
    this.hub = hub;
  }
  async patchReported(_hub: HubRole, key: IdentityKey, patch: JsonObject): Promise<'written' | 'notWritable'> {
    if (this.answer === 'written') this.hub.report(key, patch);
    return this.answer;
  }
}

class FakePark implements ParkPort {
  readonly items: ParkedItem[] = [];
  fault: () => void = () => {};
  async park(item: ParkedItem): Promise<void> {
    this.fault();
    this.items.push(item);
  }
}

/** Rows in memory; `fault` may throw before a write. */
export class FakePositions implements PositionPort {
  readonly rows = new Map<string, PartitionRow>();
  readonly calls: ('read' | 'write')[] = [];
  fault: (call: 'read' | 'write') => void = () => {};
  #serial = 0;
  async read(partition: string): Promise<PartitionRow | undefined> {
    this.#enter('read');
    return structuredClone(this.rows.get(partition));
  }
  async write(partition: string, row: PartitionRow): Promise<PartitionRow> {
    this.#enter('write');
    if (this.rows.get(partition)?.etag !== row.etag) throw anError('storageConflict', true);
    const written = { ...structuredClone(row), etag: `p${(this.#serial += 1)}` };
    this.rows.set(partition, written);
    return structuredClone(written);
  }
  #enter(call: 'read' | 'write'): void {
    this.calls.push(call);
    this.fault(call);
  }
}

class FakeDirection implements DirectionPort {
  verdict: () => DirectionVerdict = () => ({ kind: 'apply' });
  asked = 0;
  async decide(): Promise<DirectionVerdict> {
    this.asked++;
    return this.verdict();
  }
}

/** A replayer from `primary` to `secondary` with every port in memory. */
export function aRoom(options: Partial<ReplayerOptions> & { reportedOff?: boolean } = {}) {
  const [source, target] = [new FakeHub(), new FakeHub()];
  const [registry, park, direction] = [new FakeRegistry(source, target), new FakePark(), new FakeDirection()];
  const [counters, clock, logger] = [createCounters(), aClock(), aLogger()];
  const reported = new FakeReported(target);
  const positions = new FakePositions();
  const { reportedOff, ...more } = options;
  const replayer = createTwinReplayer({
    source: 'primary',
    sourceHubName: 'hub-one.azure-devices.net',
    target,
    direction,
    replicate: registry,
    ...(reportedOff ? {} : { reported }),
    park,
    positions,
    instanceId: 'one',
    leaseInMs: 30_000,
    counters,
    clock,
    logger,
    concurrency: 4,
    holdLimitInMs: 60_000,
    ...more,
  });
  const replay = (...events: RawTwinEvent[]) =>
    replayer.replayBatch(events, { partitionId: '3', eventHubName: 'devicetwin' });
  return { positions, source, target, registry, park, direction, counters, clock, logger, reported, replayer, replay };
}

export const patchesOf = (hub: FakeHub) =>
  hub.calls.filter((call) => call.op === 'patchTwin').map(({ patch }) => patch);

export const setsTag = ({ patch }: Call, name: string): boolean =>
  isJsonObject(patch?.['tags']) && Object.hasOwn(patch['tags'], name);
