import { HttpRequest } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { answerSyncDevice } from '../../../src/functions/sync-device.js';
import type { SyncNow, SyncNowResult } from '../../../src/registry/sync-now.js';

const done = { kind: 'done', did: 'updated' } as const;
const queued = { kind: 'queued', reason: 'targetAway' } as const;

const ask = (deviceId: string, syncNow: SyncNow) =>
  answerSyncDevice(new HttpRequest({ method: 'POST', url: 'http://app/api/devices/x/sync', params: { deviceId } }), {
    syncNow,
    retryAfterInSeconds: 5,
  });
const resultOf = (more: Partial<SyncNowResult> = {}): SyncNow => {
  return async () => ({ source: 'primary', device: done, modules: [], ...more });
};

describe('answerSyncDevice', () => {
  it('answers 200 with what became of the device and of each of its modules', async () => {
    const modules = [{ moduleId: 'm', outcome: { kind: 'nothing', reason: 'sourceGone' } as const }];
    expect(await ask('dev-1', resultOf({ modules }))).toEqual({
      status: 200,
      headers: { 'Cache-Control': 'no-store' },
      jsonBody: { deviceId: 'dev-1', source: 'primary', device: done, modules },
    });
  });

  it('answers 202 when the device or only one of its modules is queued', async () => {
    expect(await ask('dev-1', resultOf({ device: queued }))).toMatchObject({
      status: 202,
      jsonBody: { device: queued },
    });
    expect((await ask('dev-1', resultOf({ modules: [{ moduleId: 'm', outcome: queued }] }))).status).toBe(202);
  });

  it.each(['', 'a b', 'x'.repeat(129), 'a/b'])('refuses the malformed id %j before anything is done', async (id) => {
    const never: SyncNow = () => expect.fail('it was synced');
    expect(await ask(id, never)).toMatchObject({ status: 400, jsonBody: { error: { code: 'invalidDeviceId' } } });
  });

  it('answers 503 with Retry-After when nothing can be promised', async () => {
    const held: SyncNow = async () => {
      throw new AppError('held', 'no queue', { retryable: true });
    };
    expect(await ask('dev-1', held)).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '5' },
      jsonBody: { error: { code: 'cannotQueue' } },
    });
  });

  it('does not hide a defect', async () => {
    const defect: SyncNow = async () => {
      throw new TypeError('ours');
    };
    await expect(ask('dev-1', defect)).rejects.toThrow(TypeError);
  });
});
