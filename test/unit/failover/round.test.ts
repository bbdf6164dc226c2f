import { describe, expect, it } from 'vitest';
import { toDocument } from '../../../src/failover/document.js';
import { runRound, type RoundOptions } from '../../../src/failover/round.js';
import { aClock, aLogger } from '../support/fakes.js';
import { anArm, anEnds, aProgressStore, aRedirect, aWatchStore, failure } from './fakes.js';
import { first, present, second, shows, times } from './watching.js';

function aRound(more: Partial<RoundOptions> = {}) {
  const clock = aClock('2026-03-01T08:00:00.000Z');
  const parts = {
    arm: anArm(),
    redirect: aRedirect(),
    ends: anEnds(),
    store: aWatchStore(),
    progress: aProgressStore(),
    clock,
    logger: aLogger(),
  };
  const options: RoundOptions = {
    hub: 'contoso',
    configured: undefined,
    times,
    readTimeoutInMs: 10_000,
    endsTimeoutInMs: 5_000,
    ...parts,
    ...more,
  };
  const state = () => present(parts.store.states.get('contoso'), 'a stored state');
  const run = (afterInMs = 30_000) => {
    clock.advance(afterInMs);
    return runRound(options);
  };
  return { ...parts, options, state, run };
}

describe('the first round of a hub', () => {
  it('begins with the endpoint that ARM shows', async () => {
    const { run, state } = aRound();
    expect(await run()).toEqual({ actions: [{ kind: 'upkeep', generation: 1, keys: true }], lookAgainInMs: 30_000 });
    expect(state()).toMatchObject({ stage: 'steady', generations: [{ number: 1, endpoint: first, source: 'arm' }] });
  });

  it('begins with the redirect where ARM fails, and with the setting where both do', async () => {
    const byRedirect = aRound();
    byRedirect.arm.reading = 'armTimeout';
    byRedirect.redirect.endpoint = second;
    await byRedirect.run();
    expect(byRedirect.state().generations).toMatchObject([{ endpoint: second, source: 'redirect' }]);

    const bySetting = aRound({ configured: first });
    bySetting.arm.reading = 'armTimeout';
    bySetting.redirect.endpoint = 'redirectRefused';
    await bySetting.run();
    expect(bySetting.state().generations).toMatchObject([{ endpoint: first, source: 'setting' }]);
  });

  it('stores nothing while nothing tells of an endpoint, and looks again soon', async () => {
    const { arm, redirect, store, run } = aRound();
    arm.reading = 'armUnauthorized';
    redirect.endpoint = 'redirectTimeout';
    expect(await run()).toEqual({ actions: [], lookAgainInMs: 5_000 });
    expect(store.states.size).toBe(0);
  });

  it('is a failover under way where the hub is not Active already', async () => {
    const { arm, run, state } = aRound();
    arm.reading = shows(first, { active: false });
    await run();
    expect(state().stage).toBe('failoverStarted');
  });
});

describe('a round', () => {
  it('asks the redirect only when ARM tells too little', async () => {
    const { arm, redirect, run } = aRound();
    await run();
    expect(redirect.asked).toBe(0);
    arm.reading = 'armUnavailable';
    await run();
    expect(redirect.asked).toBe(1);
    arm.reading = shows(first);
    arm.reading = { ...arm.reading, endpoint: undefined };
    await run();
    expect(redirect.asked).toBe(2);
  });

  it('asks both at once, and ARM for a shorter time, after a round in which ARM failed', async () => {
    const { arm, redirect, run } = aRound();
    await run();
    arm.reading = 'armTimeout';
    await run();
    await run();
    expect(arm.deadlines).toEqual([10_000, 10_000, 5_000]);
    expect(redirect.asked).toBe(2);
  });

  it('does without a redirect where no key is configured', async () => {
    const { arm, run, state } = aRound({ redirect: undefined });
    await run();
    arm.reading = 'armTimeout';
    await run();
    expect(state().stage).toBe('steady');
  });

  it('decides anew on what somebody else has stored meanwhile', async () => {
    const { arm, store, run, state } = aRound();
    await run();
    arm.reading = shows(first, { active: false });
    let interrupted = false;
    store.onWrite = () => {
      if (interrupted) return;
      interrupted = true;
      store.put({ ...state(), paused: true });
    };
    await run();
    expect(state()).toMatchObject({ stage: 'steady', paused: true });
  });

  it('leaves what a later round has seen', async () => {
    const { arm, store, run, state } = aRound();
    await run();
    arm.reading = shows(first, { active: false });
    let interrupted = false;
    store.onWrite = () => {
      if (interrupted) return;
      interrupted = true;
      store.put({ ...state(), lookedAt: '2026-03-01T08:01:01.000Z' });
    };
    expect(await run()).toEqual({ actions: [], lookAgainInMs: 5_000 });
    expect(state()).toMatchObject({ stage: 'steady', lookedAt: '2026-03-01T08:01:01.000Z' });
  });

  it('is not kept from looking by a clock that was far ahead', async () => {
    const { store, run, state } = aRound();
    await run();
    store.put({ ...state(), lookedAt: '2026-03-01T09:00:00.000Z' });
    await run();
    expect(state().lookedAt).toBe('2026-03-01T08:01:00.000Z');
  });

  it('rejects while storage is away, and changes nothing', async () => {
    const { store, run } = aRound();
    store.away = true;
    await expect(run()).rejects.toMatchObject({ code: 'storageUnavailable' });
  });

  it('gives up when others were faster each time', async () => {
    const { store, run, state } = aRound();
    await run();
    store.onWrite = () => store.put({ ...state() });
    await expect(run()).rejects.toMatchObject({ code: 'storageConflict' });
  });

  it('tells each stage, and each source without news, by name', async () => {
    const { arm, redirect, logger, run } = aRound();
    await run();
    arm.reading = 'armTimeout';
    redirect.endpoint = second;
    await run();
    expect(logger.events).toEqual([
      { level: 'warn', id: 'failover.noNews', fields: { hub: 'contoso', source: 'arm', code: 'armTimeout' } },
      {
        level: 'warn',
        id: 'failover.stage',
        fields: {
          hub: 'contoso',
          stage: 'endpointChanged',
          reason:
            'ARM does not answer; the hub redirects to the endpoint iothub-ns-contoso-2.servicebus.windows.net (contoso).',
          generation: 2,
          revision: 2,
        },
      },
    ]);
  });

  it('tells of a source without news once, not in each round, and that ARM answers again; the document has it meanwhile', async () => {
    const { arm, redirect, logger, run, state, progress } = aRound();
    await run();
    arm.reading = 'armTimeout';
    redirect.endpoint = 'redirectTimeout';
    await run();
    await run();
    expect(toDocument(state(), await progress.list('contoso')).noNews).toEqual({
      arm: 'armTimeout',
      redirect: 'redirectTimeout',
    });
    arm.reading = 'armUnauthorized';
    await run();
    arm.reading = shows(first);
    await run();
    await run();
    expect(logger.events.map(({ id, fields }) => [id, fields?.['source'], fields?.['code']])).toEqual([
      ['failover.noNews', 'arm', 'armTimeout'],
      ['failover.noNews', 'redirect', 'redirectTimeout'],
      ['failover.noNews', 'arm', 'armUnauthorized'],
      ['failover.newsAgain', undefined, undefined],
    ]);
    expect(state()).not.toHaveProperty('noNews');
  });

  it.each([
    ['noEndpoint', { endpoint: undefined }],
    ['noState', { active: undefined }],
  ] as const)('tells that ARM answers without what it should show: %s', async (code, lack) => {
    const { arm, logger, run, state } = aRound();
    await run();
    arm.reading = { ...shows(first), ...lack };
    await run();
    expect(state().noNews).toMatchObject({ arm: code });
    expect(state().stage).toBe('steady');
    expect(logger.events.map(({ id, fields }) => [id, fields?.['code']])).toContainEqual(['failover.noNews', code]);
    arm.reading = shows(first);
    await run();
    expect(state()).not.toHaveProperty('noNews');
  });

  it('says of a defect in an adapter that it is one, and takes it for no news', async () => {
    const { arm, logger, run, state } = aRound();
    await run();
    arm.read = async () => {
      throw new TypeError('x is not a function');
    };
    await run();
    expect(state().stage).toBe('steady');
    expect(logger.events.map(({ id }) => id)).toEqual(['defect', 'failover.noNews']);
    expect(JSON.stringify(logger.events)).not.toContain('x is not');
  });

  it('forgets what was told of generations that are dropped', async () => {
    const { arm, progress, run } = aRound();
    await run();
    await progress.add('contoso', { consumer: 'c', generation: 1, partitions: [] }, new Date(), []);
    arm.reading = shows(second);
    await run();
    const position = { partitionId: '0', sequenceNumber: 1, enqueuedAt: '2026-03-01T08:01:00.000Z' };
    await progress.add('contoso', { consumer: 'c', generation: 2, partitions: [position] }, new Date(), []);
    await run();
    await run(1_800_000);
    await run(90_000_000);
    expect([...progress.rows.keys()]).toEqual(['2~c']);
  });
});

describe('the ends of an endpoint', () => {
  const some = { partitionId: '0', last: 4, lastAt: '2026-03-01T07:00:00.000Z', isEmpty: false };
  const none = { partitionId: '1', last: -1, isEmpty: true };

  /** A round in which the hub moves, and one that ends the failover: generation 1 drains from then on. */
  const draining = async () => {
    const round = aRound();
    const { arm, ends, run } = round;
    ends.of.set(first.hostName, [some, none]);
    await run();
    arm.reading = shows(second, { active: false });
    await run();
    expect(ends.looks).toEqual([]);
    arm.reading = shows(second);
    await run();
    return { ...round, old: () => round.state().generations[0] };
  };

  it('are read after each round while a generation drains, and kept; one that does not answer is left alone for a while', async () => {
    const { ends, run, old } = await draining();
    expect(ends.looks).toEqual([`${first.hostName} all`]);
    const since = '2026-03-01T08:01:30.000Z';
    expect(old()?.ends).toEqual({
      at: since,
      partitions: [
        { ...some, since },
        { ...none, since },
      ],
    });
    ends.of.clear();
    await run();
    expect(old()?.ends).toEqual({
      at: since,
      partitions: [
        { ...some, since },
        { ...none, since },
      ],
      askAgainAt: '2026-03-01T08:02:50.000Z',
    });
    await run();
    expect(ends.looks).toHaveLength(2);
    ends.of.set(first.hostName, [some, none]);
    await run();
    expect(old()?.ends).toEqual({
      at: '2026-03-01T08:03:00.000Z',
      partitions: [
        { ...some, since },
        { ...none, since },
      ],
    });
  });

  it('end the generation in the round after two looks that agree, where consumers told of them', async () => {
    const { progress, run, old } = await draining();
    const position = { partitionId: '0', sequenceNumber: 4, enqueuedAt: '2026-03-01T07:00:00.000Z' };
    const told = { consumer: 'c', generation: 1, partitions: [position] };
    await progress.add('contoso', told, new Date('2026-03-01T08:01:40.000Z'), []);
    await run();
    expect(old()?.state).toBe('draining');
    await run();
    expect(old()?.state).toBe('stopped');
  });
});

it('a failing fake rejects with the code that a test asks for', () => {
  expect(failure('armBadAnswer')).toMatchObject({ code: 'armBadAnswer', retryable: true });
});
