import { HttpRequest } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { answerFirstRouting } from '../../../src/functions/first-routing.js';
import { aDocument, aStore, setUp, type FakeStore } from '../routing/fakes.js';

const operatorKey = 'an-operator-key-of-a-test';
const post = (body: unknown, key = operatorKey) =>
  new HttpRequest({
    method: 'POST',
    url: 'http://app/api/routing/first',
    headers: { 'x-functions-key': key },
    body: { string: typeof body === 'string' ? body : JSON.stringify(body) },
  });

function anApi(...stores: FakeStore[]) {
  const room = setUp(...stores);
  room.installation.sign = 'standbyHub';
  const { state, logger } = room;
  return {
    ...room,
    ask: (body: unknown, key?: string) =>
      answerFirstRouting(post(body, key), { state, operatorKey, logger, retryAfterInSeconds: 5 }),
  };
}

describe('POST /api/routing/first', () => {
  it('makes what the operator decides, in every account, and it is in force at once', async () => {
    const [first, second] = [aStore('first'), aStore('second')];
    const { ask, state, events } = anApi(first, second);
    expect(await state.fresh()).toBeUndefined();
    const made = { epoch: 1, revision: 0, activeHub: 'secondary', direction: 'reverse' };
    expect(await ask({ activeHub: 'secondary' })).toMatchObject({ status: 201, jsonBody: made });
    expect(await state.fresh()).toMatchObject(made);
    expect(second.document).toEqual(first.document);
    expect(events('routing.byHand')).toEqual([{ epoch: 1, activeHub: 'secondary' }]);
  });

  it('goes above what was in force, and refuses what would not', async () => {
    const store = Object.assign(aStore('first'), { mark: 6 });
    const { ask } = anApi(store);
    expect(await ask({ activeHub: 'primary', epoch: 6 })).toMatchObject({
      status: 409,
      jsonBody: { error: { code: 'epochTooLow', message: expect.stringContaining('6') } },
    });
    expect(store.document).toBeUndefined();
    expect(await ask({ activeHub: 'primary' })).toMatchObject({ status: 201, jsonBody: { epoch: 7 } });
  });

  it('replaces no document, valid or not, nor one that it can not see', async () => {
    const code = async (...stores: FakeStore[]) => {
      const { status, jsonBody } = await anApi(...stores).ask({ activeHub: 'primary' });
      return [status, (jsonBody as { error: { code: string } }).error.code];
    };
    expect(await code(aStore('first', aDocument()))).toEqual([409, 'documentExists']);
    expect(await code(aStore('first'), aStore('second', 'epoch: must be 1 or more'))).toEqual([409, 'documentExists']);
    const away = Object.assign(aStore('second', aDocument()), { away: true });
    const empty = aStore('first');
    expect(await code(empty, away)).toEqual([503, 'storageAway']);
    expect(empty.document).toBeUndefined();
  });

  it('asks for the operator key, and for a body that says which hub', async () => {
    const { ask } = anApi(aStore());
    expect(await ask({ activeHub: 'primary' }, 'wrong')).toMatchObject({ status: 401 });
    for (const wrong of [
      '',
      '{',
      {},
      { activeHub: 'north' },
      { activeHub: 'primary', epoch: 0 },
      { activeHub: 'primary', other: 1 },
    ])
      expect(await ask(wrong)).toMatchObject({ status: 400, jsonBody: { error: { code: 'wrongBody' } } });
  });
});
