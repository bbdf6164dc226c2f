import { afterEach, describe, expect, it, vi } from 'vitest';
import { guardedReport } from '../../../src/consumer/guarded-report.js';

const secret = 'device pump-1 said 42';
afterEach(() => vi.restoreAllMocks());

describe('the report of an error to the user', () => {
  it.each([
    [
      'throws',
      () => {
        throw new TypeError(secret);
      },
    ],
    ['rejects', async () => Promise.reject(new TypeError(secret))],
  ])('that %s reaches nobody, and is told as a warning without its message', async (_how, onError) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    guardedReport(onError)(new Error('first'));
    await vi.waitUntil(() => warned.mock.calls.length > 0);
    expect(warned).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/onError .* TypeError$/), {
      type: 'ConsumerWarning',
    });
  });

  it('comes with the error as it is', () => {
    const told: unknown[] = [];
    const error = new Error('first');
    guardedReport((one) => told.push(one))(error);
    expect(told).toEqual([error]);
  });
});
