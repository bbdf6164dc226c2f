import { describe, expect, it } from 'vitest';
import { chooseDocument, type StoreAnswer } from '../../../src/routing/choose.js';
import { routingDocumentSchema, type RoutingDocument } from '../../../src/routing/document.js';
import { aDocument, reversed } from './fakes.js';

const holds = (document: RoutingDocument): StoreAnswer => ({ kind: 'document', document, etag: 'e' });
const missing: StoreAnswer = { kind: 'missing', hadOne: false };
const lost: StoreAnswer = { kind: 'missing', hadOne: true };
const unreadable: StoreAnswer = { kind: 'unreadable' };
const invalid: StoreAnswer = { kind: 'invalid', problems: ['epoch: must be 1 or more'] };
const choose = (known: RoutingDocument | undefined, ...answers: StoreAnswer[]) =>
  chooseDocument({ ...(known && { highest: { document: known, inForce: true } }), floor: 0 }, answers);
const old = holds(aDocument());
const next = holds(reversed());

describe('chooseDocument', () => {
  it('with one store confirms what it holds', () => {
    expect(choose(undefined, next)).toEqual({ kind: 'confirmed', document: reversed(), behind: [], refused: [] });
    expect(choose(aDocument(), holds(aDocument({ revision: 3 })))).toMatchObject({ kind: 'confirmed' });
  });

  it('confirms what a majority holds alike: both of two, any two of three', () => {
    expect(choose(undefined, next, next)).toMatchObject({ kind: 'confirmed', behind: [] });
    expect(choose(undefined, next, unreadable, next)).toMatchObject({ kind: 'confirmed', behind: [] });
    expect(choose(undefined, old, next, next)).toMatchObject({ kind: 'confirmed', behind: [0] });
    expect(choose(undefined, lost, next, next)).toMatchObject({ kind: 'confirmed', behind: [0] });
  });

  it('confirms nothing that one of several accounts says alone: it may be superseded', () => {
    const alone = { kind: 'unconfirmed', reason: 'noMajority', holders: 1, needed: 2, document: aDocument() };
    expect(choose(undefined, old, unreadable)).toMatchObject(alone);
    expect(choose(undefined, old, unreadable, unreadable)).toMatchObject(alone);
    expect(choose(undefined, old, invalid)).toMatchObject(alone);
  });

  it('completes a higher document of a minority, where enough accounts vouch that nothing above it is in force', () => {
    const completed = { kind: 'complete', document: reversed() };
    expect(choose(undefined, old, next)).toMatchObject({ ...completed, behind: [0] });
    expect(choose(aDocument(), old, next, old)).toMatchObject({ ...completed, behind: [0, 2] });
    expect(choose(undefined, old, next, unreadable)).toMatchObject({ ...completed, behind: [0] });
    expect(choose(undefined, next, lost)).toMatchObject({ ...completed, behind: [1] });
    expect(choose(undefined, next, missing, missing)).toMatchObject({ ...completed, behind: [1, 2] });
  });

  it('does not spread what is left where two of three accounts have lost theirs: those may have held a higher one', () => {
    expect(choose(undefined, old, lost, lost)).toMatchObject({ kind: 'unconfirmed', reason: 'noMajority' });
    expect(choose(undefined, old, lost, missing)).toMatchObject({ kind: 'complete' });
  });

  it('refuses a document older than one already seen, or below an epoch that was in force', () => {
    expect(choose(reversed(), old)).toMatchObject({ kind: 'unconfirmed', reason: 'lowerEpoch' });
    expect(chooseDocument({ floor: 2 }, [old, old])).toMatchObject({ kind: 'unconfirmed', reason: 'lowerEpoch' });
    expect(choose(reversed(), old, unreadable)).toMatchObject({ kind: 'unconfirmed', reason: 'noMajority' });
  });

  it('takes the same revision with other content as a conflict, between stores and against what is known', () => {
    const other = holds(aDocument({ switchedAt: '2026-01-02T00:00:00.000Z' }));
    const conflict = { kind: 'unconfirmed', reason: 'conflict' };
    expect(choose(undefined, old, other)).toMatchObject(conflict);
    expect(choose(aDocument(), other)).toMatchObject(conflict);
    expect(choose(undefined, old, other, old)).toMatchObject({ kind: 'confirmed', refused: ['conflict'], behind: [] });
  });

  it('holds nobody to a document that only a minority ever held, where a majority has decided otherwise', () => {
    const highest = { document: aDocument({ switchedAt: '2026-01-02T00:00:00.000Z' }), inForce: false };
    expect(chooseDocument({ highest, floor: 0 }, [old, old, unreadable])).toMatchObject({ kind: 'confirmed' });
    expect(chooseDocument({ highest, floor: 0 }, [old, unreadable, unreadable])).toMatchObject({ reason: 'conflict' });
  });

  it('takes another active hub within one epoch as a conflict, even at a higher revision', () => {
    const moved = aDocument({ revision: 1, activeHub: 'secondary', direction: 'reverse' });
    const conflict = { kind: 'unconfirmed', reason: 'conflict' };
    expect(choose(aDocument(), holds(moved))).toMatchObject(conflict);
    expect(choose(undefined, old, holds(moved))).toMatchObject(conflict);
    expect(choose(undefined, old, holds(moved), old)).toMatchObject(conflict);
  });

  it('refuses a jump of more than 1,000 epochs, above what is known, in force, or held elsewhere', () => {
    const jump = { kind: 'unconfirmed', reason: 'epochJump' };
    expect(choose(aDocument(), holds(reversed(1001)))).toMatchObject({ kind: 'confirmed' });
    expect(choose(aDocument(), holds(reversed(1002)))).toMatchObject(jump);
    expect(chooseDocument({ floor: 1 }, [holds(reversed(1002))])).toMatchObject(jump);
    expect(choose(undefined, old, holds(reversed(1002)))).toMatchObject({
      reason: 'noMajority',
      refused: ['epochJump'],
    });
    expect(choose(undefined, old, holds(reversed(1002)), old)).toMatchObject({
      kind: 'confirmed',
      document: aDocument(),
      refused: ['epochJump'],
      behind: [],
    });
  });

  it('creates the first document only where every store was read, none has one and none ever had one', () => {
    expect(choose(undefined, missing, missing)).toEqual({ kind: 'create', refused: [] });
    expect(choose(undefined, missing, unreadable)).toMatchObject({ kind: 'unconfirmed', reason: 'unreadable' });
    expect(choose(undefined, missing, invalid)).toMatchObject({ kind: 'unconfirmed', reason: 'invalid' });
    expect(choose(undefined, missing, lost)).toMatchObject({ kind: 'unconfirmed', reason: 'missing' });
    expect(choose(aDocument(), missing, missing)).toMatchObject({ kind: 'unconfirmed', reason: 'missing' });
  });
});

describe('routingDocumentSchema', () => {
  it.each([
    ['forward with the secondary active', { direction: 'forward', activeHub: 'secondary' }],
    ['reverse with the primary active', { direction: 'reverse', activeHub: 'primary' }],
    ['an unknown direction', { direction: 'sideways' }],
    ['epoch zero', { epoch: 0 }],
    ['another schema version', { schemaVersion: 2 }],
    ['one hub in both roles', { hubs: { primary: 'north', secondary: 'North.azure-devices.net' } }],
  ])('refuses %s', (_, wrong) => {
    expect(routingDocumentSchema.safeParse({ ...aDocument(), ...wrong }).success).toBe(false);
  });

  it('keeps fields of newer versions, and hubs by their first label', () => {
    const hubs = { primary: 'NORTH.azure-devices.net', secondary: 'south' };
    expect(routingDocumentSchema.parse({ ...aDocument(), hubs, cohorts: [1] })).toMatchObject({
      hubs: { primary: 'north', secondary: 'south' },
      cohorts: [1],
    });
  });
});
