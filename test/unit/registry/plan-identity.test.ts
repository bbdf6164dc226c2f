import { describe, expect, it } from 'vitest';

import type { Identity } from '../../../src/hub-model.js';
import { createSettlesInMs, planIdentity, type IdentitySnapshot } from '../../../src/registry/plan-identity.js';
import type { LedgerEntry } from '../../../src/registry/ports.js';
import { someKeys } from './fakes-hub.js';

const now = new Date('2026-11-21T12:00:00.000Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const ahead = (ms: number) => new Date(now.getTime() + ms);
const hour = 3_600_000;

const anIdentity = (generationId: string, more: Partial<Identity> = {}): Identity => ({
  key: { deviceId: 'd' },
  generationId,
  etag: `etag-${generationId}`,
  authentication: someKeys('k'),
  status: 'enabled',
  iotEdge: false,
  ...more,
});
const aRow = (
  state: LedgerEntry['state'],
  source: string,
  target: string,
  more: Partial<LedgerEntry> = {},
): LedgerEntry => ({
  key: { deviceId: 'd' },
  state,
  sourceGenerationId: source,
  targetGenerationId: target,
  copiedAt: ago(1_000),
  etag: 'row',
  ...more,
});

const sources = { none: undefined, s1: anIdentity('s1'), s2: anIdentity('s2') };
const targets = {
  none: undefined,
  t1: anIdentity('t1'),
  t1Other: anIdentity('t1', { authentication: someKeys('other') }),
  t9: anIdentity('t9'),
};
const rows = {
  none: undefined,
  creating: aRow('creating', 's1', ''),
  creatingOld: aRow('creating', 's1', '', { copiedAt: ago(createSettlesInMs) }),
  recreating: aRow('creating', 's1', 't1'),
  copied: aRow('copied', 's1', 't1'),
  pending: aRow('pendingDelete', 's1', 't1', { deleteAfter: ahead(hour) }),
  pendingOver: aRow('pendingDelete', 's1', 't1', { deleteAfter: now }),
  tombstone: aRow('tombstone', 's1', 't1'),
};
type Case = [keyof typeof sources, keyof typeof targets, keyof typeof rows, number, string];

const summary = (snapshot: IdentitySnapshot): string => {
  const plan = planIdentity(snapshot);
  return plan.kind === 'nothing' ? plan.reason : plan.kind;
};
const snapshot = (source: Case[0], target: Case[1], row: Case[2], graceInMs: number): IdentitySnapshot => ({
  source: sources[source],
  target: targets[target],
  ledger: rows[row],
  now,
  graceInMs,
});

const cases: Case[] = [
  // The source is there and the target has none: always a copy.
  ['s1', 'none', 'none', hour, 'create'],
  ['s1', 'none', 'creating', hour, 'create'],
  ['s1', 'none', 'recreating', hour, 'create'],
  ['s1', 'none', 'copied', hour, 'create'],
  ['s2', 'none', 'copied', hour, 'create'],
  ['s1', 'none', 'pending', hour, 'create'],
  ['s2', 'none', 'tombstone', hour, 'create'],
  // Adoption: nobody recorded how the target's came about.
  ['s1', 't1', 'none', hour, 'unchanged'],
  ['s1', 't1Other', 'none', hour, 'update'],
  // The same life.
  ['s1', 't1', 'copied', hour, 'unchanged'],
  ['s1', 't1Other', 'copied', hour, 'update'],
  ['s1', 't1Other', 'pending', hour, 'update'],
  ['s1', 't1Other', 'tombstone', hour, 'update'],
  // A second life while the copy of the first is still there.
  ['s2', 't1', 'copied', hour, 'recreate'],
  ['s2', 't1Other', 'copied', hour, 'recreate'],
  ['s2', 't1', 'pending', hour, 'recreate'],
  ['s2', 't1', 'tombstone', hour, 'recreate'],
  ['s2', 't9', 'copied', hour, 'unchanged'],
  // Half-done creates.
  ['s1', 't1', 'creating', hour, 'unchanged'],
  ['s1', 't1Other', 'creating', hour, 'update'],
  ['s2', 't1', 'creating', hour, 'recreate'],
  ['s1', 't1', 'recreating', hour, 'recreate'],
  ['s1', 't9', 'recreating', hour, 'unchanged'],
  ['s2', 't9', 'recreating', hour, 'recreate'],
  // Neither hub has it.
  ['none', 'none', 'none', hour, 'sourceGone'],
  ['none', 'none', 'tombstone', hour, 'sourceGone'],
  ['none', 'none', 'copied', hour, 'forget'],
  ['none', 'none', 'pending', hour, 'forget'],
  ['none', 'none', 'creating', hour, 'copyUnderWay'],
  ['none', 'none', 'creating', 0, 'copyUnderWay'],
  ['none', 'none', 'creatingOld', hour, 'forget'],
  // Only the target has it.
  ['none', 't1', 'none', 0, 'noLedgerEvidence'],
  ['none', 't1', 'none', hour, 'noLedgerEvidence'],
  ['none', 't9', 'copied', 0, 'notOurCopy'],
  ['none', 't9', 'pendingOver', hour, 'notOurCopy'],
  ['none', 't9', 'tombstone', 0, 'notOurCopy'],
  ['none', 't1', 'copied', 0, 'delete'],
  ['none', 't1', 'copied', hour, 'disable'],
  ['none', 't1', 'creating', hour, 'disable'],
  ['none', 't9', 'creating', 0, 'delete'],
  ['none', 't1', 'tombstone', hour, 'disable'],
  ['none', 't1', 'pending', hour, 'graceRunning'],
  ['none', 't1', 'pending', 0, 'delete'],
  ['none', 't1', 'pendingOver', hour, 'delete'],
];

describe('the plan for an identity', () => {
  it.each(cases)('source %s, target %s, ledger %s, grace %i: %s', (source, target, row, graceInMs, expected) => {
    expect(summary(snapshot(source, target, row, graceInMs))).toBe(expected);
  });

  it('holds its promises in every combination', () => {
    const names = <T extends object>(of: T) => Object.keys(of) as (keyof T)[];
    const combinations = names(sources).flatMap((source) =>
      names(targets).flatMap((target) =>
        names(rows).flatMap((row) => [0, hour].map((grace) => ({ source, target, row, grace }))),
      ),
    );
    const broken = combinations.flatMap((given) => {
      const { kind } = planIdentity(snapshot(given.source, given.target, given.row, given.grace));
      const row = rows[given.row];
      const evidence =
        row?.state === 'creating' ||
        (row !== undefined && row.targetGenerationId === targets[given.target]?.generationId);
      const copies = ['create', 'update', 'recreate', 'unchanged'].includes(kind);
      const removes = ['delete', 'disable'].includes(kind);
      return [
        { promise: 'copied exactly while the source is there', kept: copies === (given.source !== 'none') },
        { promise: 'no removal without evidence', kept: !removes || (evidence && given.source === 'none') },
        { promise: 'no older life without evidence', kept: kind !== 'recreate' || evidence },
        { promise: 'no grace of 0', kept: kind !== 'disable' || given.grace > 0 },
      ]
        .filter(({ kept }) => !kept)
        .map(({ promise }) => ({ promise, given, kind }));
    });
    expect(combinations).toHaveLength(3 * 4 * 8 * 2);
    expect(broken).toEqual([]);
  });

  it('holds on to the very copy that it removes, though the ledger did not know its generation yet', () => {
    expect(planIdentity(snapshot('none', 't9', 'recreating', hour))).toMatchObject({
      ledger: { targetGenerationId: 't9' },
    });
    expect(planIdentity(snapshot('none', 't9', 'creating', 0))).toMatchObject({ ledger: { targetGenerationId: 't9' } });
  });

  it('updates on the condition of the ETag that was read', () => {
    expect(planIdentity(snapshot('s1', 't1Other', 'copied', hour))).toMatchObject({ etag: 'etag-t1' });
    expect(planIdentity(snapshot('none', 't1', 'copied', 0))).toMatchObject({ etag: 'etag-t1' });
  });

  it('disables a device and says until when, but has no status to write for a module or a disabled device', () => {
    const deleteAfter = ahead(hour);
    expect(planIdentity(snapshot('none', 't1', 'copied', hour))).toMatchObject({
      kind: 'disable',
      deleteAfter,
      content: { status: 'disabled', authentication: someKeys('k') },
    });
    const aModule = { ...anIdentity('t1'), key: { deviceId: 'd', moduleId: 'm' } };
    for (const target of [aModule, anIdentity('t1', { status: 'disabled' })]) {
      const plan = planIdentity({ ...snapshot('none', 't1', 'copied', hour), target });
      expect(plan).toMatchObject({ kind: 'disable', deleteAfter });
      expect(plan).not.toHaveProperty('content');
    }
  });

  it('refuses a SAS identity whose keys it may not see: the service would make others', () => {
    const source = anIdentity('s1', { authentication: { type: 'sas' } });
    expect(planIdentity({ ...snapshot('s1', 'none', 'none', 0), source })).toEqual({
      kind: 'refuse',
      reason: 'keysNotReadable',
    });
  });

  it.each<[string, Partial<Identity>, string]>([
    ['status', { status: 'disabled' }, 'update'],
    ['statusReason', { statusReason: 'stolen' }, 'update'],
    ['an empty statusReason', { statusReason: '' }, 'unchanged'],
    ['iotEdge', { iotEdge: true }, 'update'],
    ['authentication type', { authentication: { type: 'certificateAuthority' } }, 'update'],
    [
      'thumbprint',
      { authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: 'A', secondaryThumbprint: 'B' } } },
      'update',
    ],
    [
      'thumbprints shown as null',
      { authentication: { ...someKeys('k'), x509Thumbprint: { primaryThumbprint: null, secondaryThumbprint: null } } },
      'unchanged',
    ],
  ])('compares %s', (_, more, expected) => {
    expect(summary({ ...snapshot('s1', 't1', 'copied', 0), source: anIdentity('s1', more) })).toBe(expected);
  });

  it('compares and copies managedBy of modules, and nothing that only devices have', () => {
    const key = { deviceId: 'd', moduleId: 'm' };
    const { status: _status, iotEdge: _iotEdge, ...bare } = anIdentity('s1');
    const source: Identity = { ...bare, key, managedBy: 'iotEdge' };
    const target: Identity = { ...bare, key, generationId: 't1' };
    const plan = planIdentity({ source, target, ledger: undefined, now, graceInMs: 0 });
    expect(plan).toMatchObject({
      kind: 'update',
      content: { key, authentication: someKeys('k'), managedBy: 'iotEdge' },
    });
    expect(plan).not.toHaveProperty('content.status');
  });
});
