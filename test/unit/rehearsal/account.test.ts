import { describe, expect, it } from 'vitest';
import { accountOf } from '../../../lab/rehearsal/account.js';
import type { Contents } from '../../../lab/rehearsal/contents.js';
import type { Evidence } from '../../../lab/rehearsal/evidence.js';
import {
  aGone,
  aLog,
  anEvidence,
  aReceived,
  aRecord,
  aView,
  contentsOfNumber,
  direct,
  first,
  numbers,
  second,
  start,
} from './an-evidence.js';

const problemsOf = (more: Partial<Evidence>, args?: string): string[] => {
  const { ok, problems } = accountOf(anEvidence(more, args));
  expect(ok).toBe(problems.length === 0);
  return problems;
};
/** A reader of all messages but these. */
const without = (...sequences: number[]) =>
  aLog(...numbers.filter((sequence) => !sequences.includes(sequence)).map((sequence) => aReceived(sequence)));

const reader = {
  received: 6,
  duplicates: 0,
  duplicatesBound: 0,
  outOfOrder: 0,
  lostByUs: 0,
  damaged: { body: 0, properties: 0, systemProperties: 0 },
  unidentified: 0,
};

it('is ok when every reader has each message and each failover was verified', () => {
  expect(accountOf(anEvidence())).toEqual({
    ok: true,
    seed: 7,
    problems: [],
    stages: ['failoverStarted', 'endpointChanged', 'failoverEnded', 'verified'].map((stage, index) => ({
      stage,
      atInMs: index * 1000,
      reason: 'told',
    })),
    telemetry: { sent: 6, acceptedByHub: 6, relayed: 6, duplicates: 0, sentAgain: 0, lostByService: 0, lostByUs: 0 },
    gapInMs: 1000,
    deliveryInMs: 20,
    deliveryBoundInMs: 2000,
    slowness: 1,
    deliveries: [{ generation: 2, endpoint: second, accepted: 3, gapInMs: 1000, deliveryInMs: 20 }],
    relay: reader,
    consumers: reader,
    generations: [
      { number: 2, endpoint: second, state: 'running', startedAt: new Date(start).toISOString(), firstEventAt: null },
    ],
  });
});

describe('a message that is missing', () => {
  it.each<[string, Partial<Evidence>]>([
    ['at the relay', { relay: without(5) }],
    ['at the consumers', { consumers: direct(without(5)) }],
  ])('%s is lost by us', (_where, more) => {
    expect(problemsOf(more)).toEqual(['1 messages lost by us']);
    expect(accountOf(anEvidence(more)).telemetry).toMatchObject({ lostByUs: 1, lostByService: 0 });
  });

  const unread = (readableForInMs: number): Evidence =>
    anEvidence({
      relay: without(3),
      consumers: direct(without(3)),
      gone: [aGone(3, readableForInMs)],
    });
  it('is lost by us when it lay on its endpoint for 20 s and nobody read it', () => {
    expect(accountOf(unread(20_000))).toMatchObject({
      ok: false,
      problems: ['1 messages lost by us'],
      telemetry: { lostByUs: 1, lostByService: 0 },
    });
  });

  it('is lost by the service when its endpoint went 0.1 s later', () => {
    expect(accountOf(unread(100))).toMatchObject({ ok: true, telemetry: { lostByUs: 0, lostByService: 1 } });
  });

  it('is lost by us from the bound on', () => {
    expect(accountOf(unread(1999)).telemetry).toMatchObject({ lostByUs: 0, lostByService: 1 });
    expect(accountOf(unread(2000)).telemetry).toMatchObject({ lostByUs: 1, lostByService: 0 });
  });

  it('has the bound of real time: a poll is 5 s there', () => {
    const evidence = { ...unread(5500), options: anEvidence({}, '--time-scale 1').options };
    expect(accountOf(evidence)).toMatchObject({ deliveryBoundInMs: 6000, telemetry: { lostByService: 1 } });
  });

  it('is lost by us when one reader has it and the other has not, however late it came', () => {
    expect(problemsOf({ relay: without(3), gone: [aGone(3, 100)] })).toEqual(['1 messages lost by us']);
  });
});

describe('duplicates', () => {
  const twice = aLog(...[...numbers, 6].map((sequence) => aReceived(sequence)));

  it('are a problem when there are more than the bound', () => {
    expect(problemsOf({ relay: twice })).toEqual(['1 duplicates of the relay, more than the bound of 0']);
    expect(problemsOf({ consumers: direct(twice) })).toEqual([
      '1 duplicates of the consumers, more than the bound of 0',
    ]);
  });

  it('are none when a device sent again, or within what lies between two checkpoints', () => {
    expect(problemsOf({ relay: twice, sentAgain: 1 })).toEqual([]);
    expect(problemsOf({ relay: twice, replaced: 1 })).toEqual([]);
    expect(problemsOf({ consumers: direct(twice, 2) })).toEqual([]);
  });
});

describe('a flood of duplicates', () => {
  const flood = (copies: number) =>
    aLog(...numbers.flatMap((sequence) => Array.from({ length: copies }, () => aReceived(sequence))));

  it('is a problem, however many consumers and partitions there are', () => {
    expect(problemsOf({ consumers: direct(flood(8)) }, '--consumers 4 --partitions 32')).toEqual([
      '42 duplicates of the consumers, more than the bound of 0',
    ]);
    expect(problemsOf({ relay: flood(8) }, '--partitions 32')).toEqual([
      '42 duplicates of the relay, more than the bound of 0',
    ]);
  });

  it('is bounded by a batch, or by what the partition has, each time that it changed hands', () => {
    expect(accountOf(anEvidence({ consumers: direct(flood(1), 3) })).consumers).toMatchObject({ duplicatesBound: 12 });
    const many = aLog(...Array.from({ length: 200 }, (_, n) => aReceived(n + 4)));
    expect(accountOf(anEvidence({ consumers: direct(many, 2) })).consumers).toMatchObject({ duplicatesBound: 50 });
  });
});

describe('what a message holds', () => {
  const changed = (more: Partial<Contents>) =>
    aLog(
      ...numbers.map((sequence) => {
        const contents = contentsOfNumber(sequence);
        return aReceived(sequence, { contents: sequence > 4 ? { ...contents, ...more } : contents });
      }),
    );

  it.each([
    ['body', { body: 'cut' }],
    ['properties', { properties: 'none' }],
    ['system properties', { systemProperties: 'other' }],
  ])('is a problem when %s came otherwise than they were sent', (what, more) => {
    expect(problemsOf({ relay: changed(more) })).toEqual([`2 messages of the relay with other ${what} than were sent`]);
    expect(problemsOf({ consumers: direct(changed(more)) })).toEqual([
      `2 messages of the consumers with other ${what} than were sent`,
    ]);
  });

  it('is a problem also where one copy of two is whole', () => {
    const log = aLog(...numbers.map((sequence) => aReceived(sequence)));
    log.add(aReceived(6, { contents: { ...contentsOfNumber(6), body: 'cut' } }));
    expect(problemsOf({ relay: log, sentAgain: 1 })).toEqual([
      '1 messages of the relay with other body than were sent',
    ]);
  });

  it('is a problem when no device sent such a message, or nothing tells which one it is', () => {
    const log = aLog(...[...numbers, 7].map((sequence) => aReceived(sequence)));
    log.addUnidentified(2);
    const contentsSent = ({ sequence }: { sequence: number }) =>
      sequence > 6 ? undefined : contentsOfNumber(sequence);
    expect(problemsOf({ relay: log, contentsSent })).toEqual([
      '1 messages of the relay with other body than were sent',
      '1 messages of the relay with other properties than were sent',
      '1 messages of the relay with other system properties than were sent',
      '2 messages of the relay that nothing tells the number of',
    ]);
  });
});

describe('the order of messages', () => {
  it('is a problem when the relay changed it within a generation', () => {
    const relay = aLog(...[1, 3, 2, 4, 5, 6].map((sequence) => aReceived(sequence)));
    expect(problemsOf({ relay })).toEqual(['1 messages relayed out of order']);
  });

  it('is none when the end of a generation comes beside the beginning of the next', () => {
    expect(problemsOf({ relay: aLog(...[1, 2, 4, 3, 5, 6].map((sequence) => aReceived(sequence))) })).toEqual([]);
  });
});

describe('the first message on a new endpoint', () => {
  const late = (deliveredAfterInMs: number) =>
    aLog(
      ...numbers.map((sequence) => {
        const received = aReceived(sequence);
        return sequence === 4 ? { ...received, deliveredAt: received.enqueuedAt + deliveredAfterInMs } : received;
      }),
    );

  it('is a problem when its delivery took more than a poll and a second', () => {
    expect(problemsOf({ consumers: direct(late(2000)) })).toEqual([]);
    expect(problemsOf({ consumers: direct(late(2001)) })).toEqual([
      'the first message of generation 2 took 2001 ms, more than the bound of 2000 ms',
    ]);
  });

  it('has a bound of a poll and a second of an idle machine: a busy one gets more seconds', () => {
    const consumers = direct(late(2323));
    expect(problemsOf({ consumers, slowness: 1.5 })).toEqual([]);
    expect(accountOf(anEvidence({ consumers, slowness: 1.5 }))).toMatchObject({
      deliveryBoundInMs: 2500,
      slowness: 1.5,
    });
    expect(problemsOf({ consumers, slowness: 1.2 })).toEqual([
      'the first message of generation 2 took 2323 ms, more than the bound of 2200 ms',
    ]);
  });

  it('is measured at the stable Event Hub where no consumers are', () => {
    expect(problemsOf({ relay: late(2500), consumers: undefined })).toEqual([
      'the first message of generation 2 took 2500 ms, more than the bound of 2000 ms',
    ]);
  });

  it('is a problem when it cannot be measured', () => {
    const elsewhere = { ...aReceived(4), endpoint: first };
    const log = aLog(...[1, 2, 3].map((sequence) => aReceived(sequence)), elsewhere, aReceived(5), aReceived(6));
    expect(problemsOf({ consumers: direct(log) })).toEqual(['the first message of generation 2 was not delivered']);
  });
});

describe('stages', () => {
  it('are a problem in an order that is not allowed', () => {
    expect(problemsOf({ view: aView(aRecord('failoverStarted', 'endpointChanged', 'verified')) })).toEqual([
      'stages in an order that is not allowed: endpointChanged -> verified',
    ]);
  });

  const verified = aRecord('failoverStarted', 'endpointChanged', 'failoverEnded', 'verified');
  it('of each failover end in verified, also of the failback', () => {
    expect(problemsOf({ view: aView(verified, verified) }, '--failback')).toEqual([]);
    const unverified = aRecord('failoverStarted', 'endpointChanged', 'failoverEnded', 'unverified');
    expect(problemsOf({ view: aView(verified, unverified) }, '--failback')).toEqual(['failover 2 was not verified']);
    expect(problemsOf({ view: aView(unverified, verified) }, '--failback')).toEqual(['failover 1 was not verified']);
  });

  it('are a problem when the watch did not see a failover, or is not there to tell', () => {
    expect(problemsOf({ view: aView(verified) }, '--failback')).toEqual(['the watch saw 1 of 2 failovers']);
    expect(problemsOf({ view: undefined })).toEqual(['the watch saw 0 of 1 failovers']);
  });

  it('of an alarm that was none need no verification', () => {
    expect(problemsOf({ view: aView(aRecord('failoverStarted', 'steady'), verified) })).toEqual([]);
  });
});

it('a parked message is a problem', () => {
  const { log } = anEvidence().consumers ?? { log: aLog() };
  expect(problemsOf({ consumers: direct(log, 1, ['parked: no device']) })).toEqual(['a consumer parked a message']);
});

it('a step that failed before anything was there gives a report of zeros with the reason', () => {
  const nothing = { accepted: [], sent: 0, feeds: [], relay: undefined, consumers: undefined, view: undefined };
  const report = accountOf(anEvidence({ ...nothing, start: 0, failure: new Error('the time is over') }));
  expect(report).toMatchObject({
    ok: false,
    problems: ['the time is over', 'the watch saw 0 of 1 failovers'],
    stages: [],
    telemetry: { sent: 0, acceptedByHub: 0, relayed: 0, lostByService: 0, lostByUs: 0 },
    deliveryInMs: null,
    deliveries: [],
    relay: { received: 0 },
    consumers: null,
    generations: [],
  });
});
