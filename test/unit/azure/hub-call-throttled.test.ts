import { describe, expect, it } from 'vitest';
import { createHubCall } from '../../../src/azure/hub/hub-call.js';
import { AppError } from '../../../src/errors.js';
import { aClock, aLogger } from '../support/fakes.js';

describe('a hub call that is answered 429', () => {
  it('tells of each such answer, also where a repetition makes it good, and of no other failure', async () => {
    const told: string[] = [];
    const call = createHubCall({
      hostName: 'h',
      callTimeoutInMs: 30_000,
      clock: aClock(),
      logger: aLogger(),
      onThrottled: (what) => void told.push(what),
    });
    const answers = (['hubThrottled', 'hubUnavailable', 'hubThrottled'] as const).map(
      (code) => new AppError(code, code, { retryable: true }),
    );
    const attempt = async () => {
      const failure = answers.shift();
      if (failure) throw failure;
      return 'done';
    };
    expect(await call('twin patch', attempt)).toBe('done');
    expect(told).toEqual(['twin patch', 'twin patch']);
  });
});
