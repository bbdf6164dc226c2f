import { describe, expect, it } from 'vitest';

import type { Identity } from '../../../src/hub-model.js';
import { contentMark, contentOf } from '../../../src/registry/identity-content.js';
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
  return plan.kind === 'nothing' || plan.kind === 'keep' ? plan.reason : plan.kind;
};
const snapshot = (source: Case[0], target: Case[1], row: Case[2], graceInMs: number): IdentitySnapshot => ({
  source: sources[source],
  target: targets[target],
  ledger: rows[row],
  now,
  graceInMs,
  isHome: false,
  mayBeUs: false,
  unusable: someKeys('nobody'),
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
  ['s2', 't9', 'copied', hour, 'foreign'],
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
  ['none', 't9', 'copied', 0, 'dpsMove'],
  ['none', 't9', 'pendingOver', hour, 'dpsMove'],
  ['none', 't9', 'tombstone', 0, 'dpsMove'],
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
        {
          promise: "copied exactly while the source is there, and the copy is not somebody else's",
          kept: kind === 'keep' || copies === (given.source !== 'none'),
        },
        {
          promise: 'kept only what another one has made',
          kept: kind !== 'keep' || row?.targetGenerationId !== targets[given.target]?.generationId,
        },
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

  it('disables a device and says until when, takes the access of a module, and writes nothing where there is none', () => {
    const deleteAfter = ahead(hour);
    expect(planIdentity(snapshot('none', 't1', 'copied', hour))).toMatchObject({
      kind: 'disable',
      deleteAfter,
      content: { status: 'disabled', authentication: someKeys('k') },
    });
    const aModule = (type: Identity['authentication']['type']): Identity => ({
      ...anIdentity('t1'),
      key: { deviceId: 'd', moduleId: 'm' },
      authentication: { type },
    });
    for (const type of ['sas', 'selfSigned', 'certificateAuthority'] as const) {
      expect(planIdentity({ ...snapshot('none', 't1', 'copied', hour), target: aModule(type) })).toMatchObject({
        kind: 'disable',
        deleteAfter,
        content: { authentication: someKeys('nobody') },
      });
    }
    for (const target of [aModule('none'), anIdentity('t1', { status: 'disabled' })]) {
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
    const plan = planIdentity({ ...snapshot('s1', 't1', 'none', 0), source, target });
    expect(plan).toMatchObject({
      kind: 'update',
      content: { key, authentication: someKeys('k'), managedBy: 'iotEdge' },
    });
    expect(plan).not.toHaveProperty('content.status');
  });

  describe('who wrote the copy last', () => {
    const ours = aRow('copied', 's1', 't1', { targetEtag: 'etag-t1' });
    const others = { ...ours, targetEtag: 'of our last write' };
    const planned = (source: Case[0], target: Case[1], more: Partial<IdentitySnapshot>) =>
      summary({ ...snapshot(source, target, 'none', hour), ...more });

    it.each<[string, Case[0], Case[1], Partial<IdentitySnapshot>, string]>([
      ['ours, the source gone', 'none', 't1', { ledger: ours }, 'disable'],
      ['ours, the source differs', 's1', 't1Other', { ledger: ours }, 'update'],
      ['others, the source gone', 'none', 't1', { ledger: others }, 'dpsMove'],
      ['others, the source gone, asked', 'none', 't1', { ledger: others, isAsked: true }, 'dpsMove'],
      ['others, equal', 's1', 't1', { ledger: others }, 'foreign'],
      ['others, equal, asked', 's1', 't1', { ledger: others, isAsked: true }, 'unchanged'],
      ['others, connected there', 's1', 't1Other', { ledger: others, isHome: true }, 'dpsMove'],
      ['others, asked', 's1', 't1Other', { ledger: others, isAsked: true }, 'update'],
      [
        'others, asked, connected there',
        's1',
        't1Other',
        { ledger: others, isAsked: true, isHome: true },
        'homeElsewhere',
      ],
      ['others, pending', 'none', 't1', { ledger: { ...rows.pendingOver, targetEtag: 'older' } }, 'dpsMove'],
      ['another generation, no ETag', 's1', 't9', { ledger: rows.copied }, 'foreign'],
      ['ours, connected, the source gone', 'none', 't1', { ledger: ours, isHome: true }, 'homeElsewhere'],
      ['ours, connected, its keys differ', 's1', 't1Other', { ledger: ours, isHome: true }, 'homeElsewhere'],
      ['ours, connected, a second life', 's2', 't1', { ledger: ours, isHome: true }, 'homeElsewhere'],
      [
        'ours, was connected when the source went',
        'none',
        't1',
        { ledger: { ...ours, kept: 'homeElsewhere' } },
        'homeElsewhere',
      ],
    ])('%s', (_name, source, target, more, expected) => {
      expect(planned(source, target, more)).toBe(expected);
    });

    it('leaves what does not cut a connection off to be written', () => {
      const source = anIdentity('s1', { statusReason: 'news' });
      expect(planned('s1', 't1', { source, ledger: ours, isHome: true })).toBe('update');
    });

    it('knows a write of ours whose answer was lost, and one that never came', () => {
      const target = anIdentity('t1', { etag: 'after', authentication: someKeys('new') });
      const writing = contentMark(contentOf(target));
      expect(planned('none', 't1', { target, ledger: { ...ours, writing } })).toBe('disable');
      expect(planned('none', 't1', { ledger: { ...ours, writing } })).toBe('disable');
      const foreign = { ...target, authentication: someKeys('foreign') };
      expect(planned('none', 't1', { target: foreign, ledger: { ...ours, writing } })).toBe('dpsMove');
    });

    it("knows its own create, and nobody else's", () => {
      const writing = contentMark(contentOf(anIdentity('t1')));
      expect(planned('none', 't1', { ledger: { ...rows.creating, writing } })).toBe('disable');
      expect(planned('none', 't1Other', { ledger: { ...rows.creating, writing } })).toBe('dpsMove');
    });

    it('takes a copy of an older row for its own unless somebody was active there since', () => {
      const active = (lastActivityTime: Date) => anIdentity('t1', { lastActivityTime });
      expect(planned('none', 't1', { ledger: rows.copied })).toBe('disable');
      expect(planned('none', 't1', { ledger: rows.copied, target: active(ago(2_000)) })).toBe('disable');
      expect(planned('none', 't1', { ledger: rows.copied, target: active(now) })).toBe('homeElsewhere');
      expect(planned('none', 't1', { ledger: ours, target: active(now) })).toBe('disable');
    });
  });

  it('gives back the scopes that the copy has, and never those of the source', () => {
    const scopes = { deviceScope: 'of the target', parentScopes: ['parent there'] };
    const source = anIdentity('s1', { deviceScope: 'of the source', parentScopes: ['parent here'] });
    const target = anIdentity('t1', { ...scopes, authentication: someKeys('other') });
    const base = snapshot('s1', 't1', 'copied', hour);
    expect(planIdentity({ ...base, source, target })).toMatchObject({ kind: 'update', content: scopes });
    expect(planIdentity({ ...base, source: undefined, target })).toMatchObject({ kind: 'disable', content: scopes });
    const created = planIdentity({ ...base, source, target: undefined });
    expect(created).toMatchObject({ kind: 'create' });
    expect(created).not.toHaveProperty('content.deviceScope');
    expect(created).not.toHaveProperty('content.parentScopes');
    const becomesEdge = planIdentity({ ...base, source: { ...source, iotEdge: true }, target });
    expect(becomesEdge).not.toHaveProperty('content.deviceScope');
    expect(becomesEdge).toMatchObject({ content: { parentScopes: ['parent there'] } });
  });
});
