import { HttpRequest } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { answerCloseBreaker } from '../../../src/functions/close-breaker.js';
import { AppError } from '../../../src/errors.js';
import { aLogger } from '../support/fakes.js';

const operatorKey = 'an-operator-key-of-a-test';

function anApi(fails = false) {
  const allowed: number[] = [];
  const logger = aLogger();
  const close = async (allow: number) => {
    if (fails) throw new AppError('storageUnavailable', 'away', { retryable: true });
    allowed.push(allow);
    return [{ source: 'primary', reason: 'massChange' }];
  };
  const forgetLosses = async () => [{ source: 'primary', endpoint: 'devicetwin' }];
  const ask = (body: string, key = operatorKey) =>
    answerCloseBreaker(
      new HttpRequest({
        method: 'POST',
        url: 'http://app/api/breaker/close',
        headers: { 'x-functions-key': key },
        body: { string: body },
      }),
      { close, forgetLosses, operatorKey, logger, retryAfterInSeconds: 5 },
    );
  return { allowed, logger, ask };
}

describe('POST /api/breaker/close', () => {
  it('closes what is open, with or without a number of further copies', async () => {
    const { ask, allowed, logger } = anApi();
    const closed = {
      status: 200,
      jsonBody: { closed: [{ source: 'primary', reason: 'massChange' }], routes: [{ endpoint: 'devicetwin' }] },
    };
    expect(await ask('')).toMatchObject(closed);
    expect(await ask('{"allow": 40}')).toMatchObject(closed);
    expect(allowed).toEqual([0, 40]);
    expect(logger.events).toMatchObject([
      { id: 'breaker.closed' },
      { id: 'route.lossSeen' },
      { fields: { count: 1, allow: 40 } },
      {},
    ]);
  });

  it('does nothing for another key, another body, or while storage is away', async () => {
    const { ask, allowed } = anApi();
    expect(await ask('', 'wrong')).toMatchObject({ status: 401 });
    for (const body of ['{', '[]', '{"allow": -1}', '{"allow": "all"}', '{"other": 1}'])
      expect(await ask(body)).toMatchObject({ status: 400, jsonBody: { error: { code: 'wrongBody' } } });
    expect(allowed).toEqual([]);
    expect(await anApi(true).ask('')).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '5' },
      jsonBody: { error: { code: 'storageAway' } },
    });
  });
});
