import { describe, expect, it } from 'vitest';
import { createStorageCall } from '../../../src/azure/storage/storage-call.js';

const withFields = (fields: object) => Object.assign(new Error('x'), fields);

describe('a storage call', () => {
  it('prepares once for many, and again after a preparation that failed', async () => {
    let prepared = 0;
    const call = createStorageCall(() => {
      prepared += 1;
      return prepared === 1 ? Promise.reject(withFields({ statusCode: 503 })) : Promise.resolve();
    });
    const one = () => call('one', () => Promise.resolve(1));
    await expect(one()).rejects.toMatchObject({ code: 'storageUnavailable' });
    expect(await Promise.all([one(), one(), one()])).toEqual([1, 1, 1]);
    expect(prepared).toBe(2);
  });

  it('prepares again after the container went away', async () => {
    let prepared = 0;
    const call = createStorageCall(() => Promise.resolve((prepared += 1)));
    const away = withFields({ statusCode: 404, code: 'QueueNotFound' });
    await expect(call('one', () => Promise.reject(away))).rejects.toMatchObject({ code: 'storageUnavailable' });
    await call('two', () => Promise.resolve());
    expect(prepared).toBe(2);
  });

  it('ends at its deadline', async () => {
    const call = createStorageCall(() => Promise.resolve(), 20);
    const untilAborted = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(withFields({ name: 'AbortError' })));
        // Timers of AbortSignal.timeout alone do not keep a process alive.
        setTimeout(() => reject(new RangeError('not aborted')), 5_000).unref();
      });
    await expect(call('slow', untilAborted)).rejects.toMatchObject({ code: 'storageUnavailable', retryable: true });
  });
});
