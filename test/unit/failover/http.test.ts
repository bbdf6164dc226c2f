import { HttpRequest, type HttpResponseInit } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { consumersDocumentSchema } from '../../../src/consumers-document.js';
import { applyCommand, type WatchCommand } from '../../../src/failover/commands.js';
import { answerCommand } from '../../../src/functions/consumers-command.js';
import { answerLook } from '../../../src/functions/consumers-look.js';
import { answerProgress } from '../../../src/functions/consumers-progress.js';
import { answerConsumers } from '../../../src/functions/consumers.js';
import { aClock, aLogger } from '../support/fakes.js';
import { createFreshEnds } from '../../../src/failover/fresh-ends.js';
import { anEnds, anEngine, aProgressStore, aWatchStore } from './fakes.js';
import { at, first, shows, times, watching } from './watching.js';

const operatorKey = 'the-operator-key-1';
const progressKey = 'the-key-of-reports';
const hubs = [{ role: 'primary', name: 'contoso' }];

function anApi({ stored = true, away = false, keySet = true } = {}) {
  const hub = watching();
  hub.look(30, shows(first, { active: !away }));
  const store = aWatchStore();
  if (stored) store.put(hub.state());
  const progress = aProgressStore();
  const engine = anEngine();
  const looks: string[] = [];
  const logger = aLogger();
  const shared = { hubs, store, progress, clock: aClock(at(100)), logger, times, operatorKey };
  const ends = anEnds();
  ends.of.set(first.hostName, [
    { partitionId: '0', last: 4, lastAt: at(1), isEmpty: false },
    { partitionId: '1', last: -1, isEmpty: true },
  ]);
  const freshEnds = createFreshEnds({ ends, clock: shared.clock, timeoutInMs: 5000, gapInMs: 2000 });
  const lookNow = async (name: string) => void looks.push(name);
  const request = (name: string, more: Partial<ConstructorParameters<typeof HttpRequest>[0]> = {}) =>
    new HttpRequest({ method: 'POST', url: 'http://app/api', params: { hub: name }, ...more });
  return {
    store,
    engine,
    looks,
    logger,
    get: (name = 'contoso') => answerConsumers(request(name), shared),
    ends,
    tell: (body: unknown, name = 'contoso', headers: Record<string, string> = { 'x-progress-key': progressKey }) =>
      answerProgress(
        request(name, { headers, body: { string: typeof body === 'string' ? body : JSON.stringify(body) } }),
        { ...shared, lookNow, progressKey: keySet ? progressKey : undefined, freshEndsOf: () => freshEnds },
      ),
    look: (name = 'contoso') => answerLook(request(name), { hubs, engine }),
    command: (command: WatchCommand, key: string | undefined = operatorKey, name = 'contoso') =>
      answerCommand(request(name, key === undefined ? {} : { headers: { 'x-functions-key': key } }), {
        ...shared,
        command,
        lookNow,
      }),
  };
}
const codeOf = ({ status, jsonBody }: HttpResponseInit) => [
  status,
  (jsonBody as { error?: { code: string } } | undefined)?.error?.code,
];
const told = {
  consumer: 'relay',
  generation: 1,
  partitions: [{ partitionId: '0', sequenceNumber: 4, enqueuedAt: at(1) }],
};

describe('GET /api/consumers/{hub}', () => {
  it.each(['contoso', 'CONTOSO', 'contoso.service.azure-devices.net', 'primary'])(
    'answers for %s with the whole document, not to be cached',
    async (name) => {
      const { status, headers, jsonBody } = await anApi().get(name);
      expect([status, headers]).toEqual([200, { 'Cache-Control': 'no-store' }]);
      expect(consumersDocumentSchema.parse(jsonBody)).toMatchObject({ hub: 'contoso', stage: 'steady', revision: 1 });
    },
  );

  it('says by name when it cannot: not watched, not looked at yet, storage away', async () => {
    expect(codeOf(await anApi().get('secondary'))).toEqual([404, 'notWatched']);
    expect(codeOf(await anApi({ stored: false }).get())).toEqual([503, 'notWatchedYet']);
    const api = anApi();
    api.store.away = true;
    expect(codeOf(await api.get())).toEqual([503, 'storageAway']);
  });
});

describe('POST progress', () => {
  it('keeps what is told: the document has it from then on', async () => {
    const api = anApi();
    expect(await api.tell(told)).toEqual({ status: 204, headers: { 'Cache-Control': 'no-store' } });
    expect((await api.get()).jsonBody).toMatchObject({
      positions: [{ consumer: 'relay', generation: 1, partitions: told.partitions }],
      generations: [{ lastEventAt: at(1) }],
    });
  });

  it.each([
    ['{', 'notJson'],
    [{ ...told, consumer: 'a b' }, 'invalidProgress'],
    [{ ...told, partitions: [] }, 'invalidProgress'],
    [{ ...told, generation: 0 }, 'invalidProgress'],
    [{ ...told, partitions: [{ ...told.partitions[0], sequenceNumber: 1.5 }] }, 'invalidProgress'],
    [{ ...told, partitions: [{ ...told.partitions[0], sequenceNumber: -2 }] }, 'invalidProgress'],
    [{ ...told, partitions: [{ ...told.partitions[0], sequenceNumber: 1e16 }] }, 'invalidProgress'],
  ])('refuses %j: %s', async (body, code) => {
    expect(codeOf(await anApi().tell(body))).toEqual([400, code]);
  });

  it.each([
    ['unknownPartition', { partitionId: '2' }],
    ['aheadOfEnd', { sequenceNumber: 9e15 }],
    ['aheadOfEnd', { sequenceNumber: 5 }],
    ['aheadOfEnd', { sequenceNumber: 4, lag: 1 }],
    ['aheadOfEnd', { partitionId: '1', sequenceNumber: 0 }],
    ['timeAhead', { enqueuedAt: at(3) }],
  ])('refuses what cannot be true as %s, keeps nothing of it and says so', async (code, more) => {
    const api = anApi();
    const [place] = told.partitions;
    expect(codeOf(await api.tell({ ...told, partitions: [{ ...place, ...more }] }))).toEqual([409, code]);
    expect((await api.get()).jsonBody).toMatchObject({ positions: [] });
    expect(api.logger.events).toMatchObject([{ id: 'failover.progressRefused', fields: { reason: code } }]);
    expect((await api.tell(told)).status).toBe(204);
  });

  it('refuses a first event that is younger than any event there, and one from the future whatever answers', async () => {
    const first = { enqueuedAt: at(3), handledAt: at(3) };
    expect(codeOf(await anApi().tell({ ...told, first }))).toEqual([409, 'timeAhead']);
    const away = anApi();
    away.ends.of.clear();
    const later = { enqueuedAt: at(500), handledAt: at(3) };
    expect(codeOf(await away.tell({ ...told, first: later }))).toEqual([409, 'timeAhead']);
  });

  it('lists what does not count: the end was not seen, or the position is lower than before', async () => {
    const api = anApi();
    const [place] = told.partitions;
    await api.tell(told);
    expect(await api.tell({ ...told, partitions: [{ ...place, sequenceNumber: 3 }] })).toMatchObject({
      status: 200,
      jsonBody: { notCounted: [{ partitionId: '0', reason: 'wentBack' }] },
    });
    api.ends.of.clear();
    expect(await api.tell({ ...told, partitions: [{ ...place, sequenceNumber: 9e15 }] })).toMatchObject({
      status: 200,
      jsonBody: { notCounted: [{ partitionId: '0', reason: 'endNotSeen' }] },
    });
    expect((await api.get()).jsonBody).toMatchObject({ positions: [{ partitions: told.partitions }] });
  });

  it.each([{}, { 'x-progress-key': '' }, { 'x-progress-key': 'wrong' }, { 'x-functions-key': progressKey }])(
    'refuses the headers %j before anything else',
    async (headers: Record<string, string>) => {
      const api = anApi();
      expect(codeOf(await api.tell('{', 'x', headers))).toEqual([401, 'wrongProgressKey']);
      expect((await api.get()).jsonBody).toMatchObject({ positions: [] });
    },
  );

  it('takes nothing where no key is set, and says which setting', async () => {
    const answer = await anApi({ keySet: false }).tell(told);
    expect(codeOf(answer)).toEqual([403, 'noProgressKey']);
    expect(JSON.stringify(answer.jsonBody)).toContain('PROGRESS_KEY');
  });

  it('refuses a generation that is not there, a hub that is not watched, and says when it comes too early', async () => {
    expect(codeOf(await anApi().tell({ ...told, generation: 2 }))).toEqual([409, 'unknownGeneration']);
    expect(codeOf(await anApi().tell(told, 'x'))).toEqual([404, 'notWatched']);
    expect(codeOf(await anApi({ stored: false }).tell(told))).toEqual([503, 'notWatchedYet']);
  });
});

describe('POST look', () => {
  it('tells the watch, or says that it could not', async () => {
    const api = anApi();
    expect((await api.look('primary')).status).toBe(202);
    expect(api.engine.calls).toEqual(['look contoso']);
    api.engine.away = true;
    expect(codeOf(await api.look())).toEqual([503, 'watchAway']);
    expect(codeOf(await api.look('x'))).toEqual([404, 'notWatched']);
  });
});

describe('POST abort, pause, resume', () => {
  it('changes the stored document and makes the watch look', async () => {
    const api = anApi({ away: true });
    expect(await api.command('abort')).toMatchObject({
      status: 200,
      jsonBody: { hub: 'contoso', stage: 'steady', paused: false },
    });
    expect(await api.command('pause')).toMatchObject({ status: 200, jsonBody: { paused: true } });
    expect(api.looks).toEqual(['contoso', 'contoso']);
    expect(api.logger.events.map(({ id, fields }) => [id, fields['command']])).toEqual([
      ['failover.command', 'abort'],
      ['failover.command', 'pause'],
    ]);
  });

  it('refuses by name what changes nothing, and changes nothing', async () => {
    const api = anApi();
    const before = api.store.states.get('contoso');
    expect(codeOf(await api.command('abort'))).toEqual([409, 'nothingToAbort']);
    expect(codeOf(await api.command('resume'))).toEqual([409, 'notPaused']);
    expect(api.store.states.get('contoso')).toEqual(before);
    expect(codeOf(await anApi({ stored: false }).command('pause'))).toEqual([503, 'notWatchedYet']);
  });

  it.each([undefined, 'wrong', ''])('refuses the key %j before anything else', async (key) => {
    const api = anApi();
    expect(codeOf(await api.command('pause', key ?? '', 'x'))).toEqual([401, 'wrongKey']);
    expect(api.store.states.get('contoso')?.paused).toBe(false);
  });

  it('works on the state that somebody else stored meanwhile', () => {
    const hub = watching();
    hub.look(30, shows(first, { active: false }));
    const paused = applyCommand(hub.state(), 'pause', new Date(at(31)), times);
    expect(paused).toMatchObject({ stage: 'failoverStarted', paused: true });
  });
});
