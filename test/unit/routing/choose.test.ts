import { describe, expect, it } from 'vitest';
import { chooseDocument, type StoreAnswer } from '../../../src/routing/choose.js';
import { firstDocument, routingDocumentSchema, type RoutingDocument } from '../../../src/routing/document.js';

const aDocument = (more: Partial<RoutingDocument> = {}): RoutingDocument => ({
  ...firstDocument(new Date('2026-01-01T00:00:00Z')),
  ...more,
});
const reverse = { activeHub: 'secondary', direction: 'reverse' } as const;
const holds = (document: RoutingDocument): StoreAnswer => ({ kind: 'document', document });
const missing: StoreAnswer = { kind: 'missing' };
const unreadable: StoreAnswer = { kind: 'unreadable' };

describe('chooseDocument', () => {
  it('takes the highest epoch, then the highest revision', () => {
    const newer = aDocument({ epoch: 2, ...reverse });
    expect(chooseDocument(undefined, [holds(aDocument()), holds(newer)])).toEqual({
      kind: 'confirmed',
      document: newer,
      changed: true,
    });
    const revised = aDocument({ revision: 3 });
    expect(chooseDocument(aDocument(), [holds(revised), unreadable])).toMatchObject({
      document: revised,
      changed: true,
    });
  });

  it('confirms what is known without calling it a change', () => {
    expect(chooseDocument(aDocument(), [holds(aDocument())])).toMatchObject({ kind: 'confirmed', changed: false });
  });

  it('refuses a document older than one already seen', () => {
    const known = aDocument({ epoch: 2, ...reverse });
    expect(chooseDocument(known, [holds(aDocument())])).toEqual({ kind: 'unconfirmed', reason: 'lowerEpoch' });
  });

  it('takes the same revision with other content as a conflict, between stores and against what is known', () => {
    const other = aDocument({ switchedAt: '2026-01-02T00:00:00.000Z' });
    const conflict = { kind: 'unconfirmed', reason: 'conflict' };
    expect(chooseDocument(undefined, [holds(aDocument()), holds(other)])).toEqual(conflict);
    expect(chooseDocument(aDocument(), [holds(other)])).toEqual(conflict);
  });

  it('takes another active hub within one epoch as a conflict, even at a higher revision', () => {
    const moved = aDocument({ revision: 1, ...reverse });
    expect(chooseDocument(aDocument(), [holds(moved)])).toEqual({ kind: 'unconfirmed', reason: 'conflict' });
  });

  it('creates the first document only where every store was read, none has one and none was ever seen', () => {
    expect(chooseDocument(undefined, [missing, missing])).toEqual({ kind: 'create' });
    expect(chooseDocument(undefined, [missing, unreadable])).toEqual({ kind: 'unconfirmed', reason: 'unreadable' });
    expect(chooseDocument(aDocument(), [missing, missing])).toEqual({ kind: 'unconfirmed', reason: 'missing' });
  });
});

describe('routingDocumentSchema', () => {
  it.each([
    ['forward with the secondary active', { direction: 'forward', activeHub: 'secondary' }],
    ['reverse with the primary active', { direction: 'reverse', activeHub: 'primary' }],
    ['an unknown direction', { direction: 'sideways' }],
    ['epoch zero', { epoch: 0 }],
    ['another schema version', { schemaVersion: 2 }],
  ])('refuses %s', (_, wrong) => {
    expect(routingDocumentSchema.safeParse({ ...aDocument(), ...wrong }).success).toBe(false);
  });

  it('keeps fields of newer versions', () => {
    expect(routingDocumentSchema.parse({ ...aDocument(), cohorts: [1] })['cohorts']).toEqual([1]);
  });
});
