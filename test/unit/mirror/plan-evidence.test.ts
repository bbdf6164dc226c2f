import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Identity, IdentityContent } from '../../../src/hub-model.js';
import { contentMark, contentOf } from '../../../src/registry/identity-content.js';
import { planIdentity, type IdentityPlan, type IdentitySnapshot } from '../../../src/registry/plan-identity.js';
import { keepReasons, ledgerStates, type LedgerEntry } from '../../../src/registry/ports.js';
import { someKeys } from '../registry/fakes-hub.js';

/** Whatever is read on both hubs and in the ledger: nothing is taken away without evidence. */

const hour = 3_600_000;
const now = new Date('2026-11-21T12:00:00.000Z');
const at = (hours: number) => new Date(now.getTime() + hours * hour);
const x509 = (print: string) => ({ primaryThumbprint: print, secondaryThumbprint: print });

const few = <T extends string>(...names: [T, ...T[]]) => fc.constantFrom(...names);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const moment = fc.integer({ min: -60, max: 60 }).map(at);

const authentication = fc.oneof(
  few('k1', 'k2', '').map(someKeys),
  fc.constant({ type: 'sas' as const, symmetricKey: { primaryKey: '', secondaryKey: '' } }),
  few('p1', 'p2').map((print) => ({ type: 'selfSigned' as const, x509Thumbprint: x509(print) })),
  fc.constant({ type: 'certificateAuthority' as const }),
);
const identityOf = (moduleId: string | undefined): fc.Arbitrary<Identity> =>
  fc
    .record({
      generationId: few('1', '2', '3'),
      etag: few('e1', 'e2'),
      authentication,
      status: few('enabled', 'disabled'),
      lastActivityTime: maybe(moment),
    })
    .map(({ lastActivityTime, status, ...rest }) => ({
      key: { deviceId: 'd', ...(moduleId !== undefined && { moduleId }) },
      ...rest,
      ...(moduleId === undefined && { status, iotEdge: false }),
      ...(lastActivityTime !== undefined && { lastActivityTime }),
    }));

const rowFor = (target: Identity | undefined): fc.Arbitrary<LedgerEntry> =>
  fc
    .record({
      state: fc.constantFrom(...ledgerStates),
      sourceGenerationId: few('1', '2'),
      targetGenerationId: few('1', '2', ''),
      targetEtag: maybe(few('e1', 'e2')),
      writing: maybe(few('other', target === undefined ? 'other' : contentMark(contentOf(target)))),
      copiedAt: moment,
      kept: maybe(fc.constantFrom(...keepReasons)),
      deleteAfter: maybe(moment),
    })
    .map(
      (row) =>
        ({
          key: { deviceId: 'd' },
          ...(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as typeof row),
        }) as LedgerEntry,
    );

const snapshot: fc.Arbitrary<IdentitySnapshot> = fc.constantFrom(undefined, 'm').chain((moduleId) =>
  fc.tuple(maybe(identityOf(moduleId)), maybe(identityOf(moduleId))).chain(([source, target]) =>
    fc.record({
      source: fc.constant(source),
      target: fc.constant(target),
      ledger: maybe(rowFor(target)),
      now: fc.constant(now),
      graceInMs: fc.constantFrom(0, hour),
      isHome: fc.boolean(),
      mayBeUs: fc.boolean(),
      isAsked: fc.boolean(),
      isConfirmed: fc.boolean(),
      unusable: fc.constant(someKeys('nobody')),
    }),
  ),
);

/** Written apart from the rules: may the copy be one that nobody wrote after us? */
const mayBeOurs = (target: Identity, row: LedgerEntry): boolean => {
  if (row.writing === contentMark(contentOf(target))) return true;
  if (row.targetGenerationId === target.generationId)
    return row.targetEtag === undefined || row.targetEtag === target.etag;
  return row.state === 'creating' && (row.writing === undefined || row.targetEtag === target.etag);
};

const access = ({ authentication: auth, status }: IdentityContent | Identity) => JSON.stringify([auth, status]);

const takesAway = (plan: IdentityPlan, target: Identity): boolean =>
  ['disable', 'delete', 'recreate'].includes(plan.kind) ||
  (plan.kind === 'update' && access(plan.content) !== access(target));

const expectEvidence = (given: IdentitySnapshot) => {
  const plan = planIdentity(given);
  const { source, target, ledger } = given;
  const removes = plan.kind === 'disable' || plan.kind === 'delete';
  // What the source has is never removed, and what it has not is never made.
  if (source !== undefined) expect(removes).toBe(false);
  else expect(['create', 'update', 'unchanged', 'recreate']).not.toContain(plan.kind);
  if (target === undefined || !takesAway(plan, target)) return;
  expect(given.isHome).toBe(false);
  if (removes) {
    // A person, or a row of ours for this very copy.
    expect(ledger === undefined ? given.isConfirmed : mayBeOurs(target, ledger)).toBe(true);
    expect(plan.etag).toBe(target.etag);
  } else {
    const isAdopted = ledger === undefined && plan.kind === 'update';
    expect(isAdopted || given.isAsked || (ledger !== undefined && mayBeOurs(target, ledger))).toBe(true);
  }
  if (plan.kind === 'recreate') {
    // Another life, or a half of a copy that was begun for it.
    expect(ledger?.sourceGenerationId !== source?.generationId || ledger?.state === 'creating').toBe(true);
    expect(plan.old).toBe(target);
  }
  if (plan.kind === 'delete' && given.graceInMs > 0) {
    expect(ledger?.state).toBe('pendingDelete');
    const late = now.getTime() - (ledger?.deleteAfter?.getTime() ?? Infinity);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThanOrEqual(24 * hour);
  }
  if (plan.kind === 'disable') {
    expect(plan.deleteAfter).toEqual(at(1));
    const left = plan.content ?? target;
    const mayEnter =
      target.key.moduleId === undefined ? left.status !== 'disabled' : left.authentication.type !== 'none';
    expect(mayEnter && access(left) === access(target)).toBe(false);
  }
};

describe('the plan for an identity, whatever is read', () => {
  it('removes, disables and overwrites nothing without evidence, and nobody who is connected', () => {
    const details = fc.check(fc.property(snapshot, expectEvidence), {
      numRuns: Number(process.env['PLAN_RUNS'] ?? 5_000),
    });
    expect(details.failed && fc.defaultReportMessage(details)).toBe(false);
  });

  it('keeps what nobody knows, and says so', () => {
    const unknown = snapshot.filter(({ target }) => target !== undefined);
    fc.assert(
      fc.property(unknown, (given) => {
        const plan = planIdentity({ ...given, source: undefined, ledger: undefined, isConfirmed: false });
        expect(plan).toEqual({ kind: 'keep', reason: 'noLedgerEvidence', ledger: undefined });
      }),
    );
  });
});
