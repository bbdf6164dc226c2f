import { describe, expect, it } from 'vitest';
import { createHubCall } from '../../../src/azure/hub/hub-call.js';
import { AppError } from '../../../src/errors.js';
import { aClock, aLogger } from '../support/fakes.js';

const busy = () => new AppError('hubUnavailable', 'busy', { retryable: true });

describe('a call to a hub', () => {
  it('is tried again after a back-off', async () => {
    const call = createHubCall({ hostName: 'h', callTimeoutInMs: 5_000, clock: aClock(), logger: aLogger() });
    let attempts = 0;
    const answer = await call('patch', () => (++attempts < 3 ? Promise.reject(busy()) : Promise.resolve('done')));
    expect([answer, attempts]).toEqual(['done', 3]);
  });

  it.each([
    ['its deadline passed in the back-off', 5_000, 6_000],
    ['it slept far too long: the process stood still', 240_000, 60_000],
  ])('is not tried again if %s', async (_why, callTimeoutInMs, sleptInMs) => {
    const clock = aClock();
    const frozen = { ...clock, sleep: () => Promise.resolve(clock.advance(sleptInMs)) };
    const call = createHubCall({ hostName: 'h', callTimeoutInMs, clock: frozen, logger: aLogger() });
    let attempts = 0;
    const attempt = () => {
      attempts += 1;
      return Promise.reject(busy());
    };
    await expect(call('patch', attempt)).rejects.toMatchObject({ code: 'hubUnavailable' });
    expect(attempts).toBe(1);
  });
});
