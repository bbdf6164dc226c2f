import type { DirectionVerdict } from '../../../src/direction.js';
import { describe, expect, it } from 'vitest';
import { createPacedHub, createPacedReported, createTurnstile, laneOf } from '../../../src/azure/hub/paced-hub.js';
import { AppError } from '../../../src/errors.js';
import type { TwinPatch } from '../../../src/hub-model.js';
import type { HubCallCost, HubGate } from '../../../src/pacing/hub-gate.js';
import { FakeHub } from '../registry/fakes-hub.js';

const key = { deviceId: 'd' };
const anIdentity = { key, etag: 'none', authentication: { type: 'none' } } as const;

function setUp({ waited = false } = {}) {
  const entered: HubCallCost[] = [];
  const ended: unknown[] = [];
  const state = { charged: 0, verdict: { kind: 'apply' } as DirectionVerdict };
  const gate: HubGate = {
    enter: async (cost) => {
      entered.push(cost);
      return waited;
    },
    charge: (messages) => void (state.charged += messages),
    refused: () => {},
    ended: (error) => void ended.push(error),
  };
  const turnstile = createTurnstile('secondary', gate, { decide: async () => state.verdict });
  const fake = new FakeHub('s');
  fake.addDevice('d');
  const hub = createPacedHub(Object.assign(fake, { close: () => {}, listDeviceIds: async () => [] }), gate, turnstile);
  const patch = async (patch: TwinPatch) => hub.patchTwin(key, patch, (await fake.getTwin(key))?.etag);
  return { entered, ended, state, fake, hub, turnstile, patch };
}

describe('a paced hub', () => {
  it('enters each call with what the service counts it as', async () => {
    const { entered, hub, patch } = setUp();
    const { etag, ...content } = (await hub.getIdentity(key)) ?? anIdentity;
    await hub.getTwin(key);
    await patch({ tags: { text: 'x'.repeat(5000) } });
    await hub.updateIdentity(content, etag);
    expect(entered.map(({ lane, calls = 1, messages = 0 }) => [lane, calls, messages])).toEqual([
      ['identity', 1, 0],
      ['twinRead', 1, 1],
      ['twinWrite', 1, 2],
      ['identity', 1, 0],
    ]);
  });

  it('charges a large twin that was read for what it is', async () => {
    const { state, hub, patch } = setUp();
    await patch({ desired: { text: 'x'.repeat(5000) } });
    await hub.getTwin(key);
    expect(state.charged).toBe(1);
  });

  it('tells how charged calls ended', async () => {
    const { ended, fake, hub } = setUp();
    const failure = new AppError('hubQuotaExceeded', '403002', { retryable: true });
    await hub.getTwin(key);
    fake.onCall = () => {
      throw failure;
    };
    await expect(hub.getTwin(key)).rejects.toBe(failure);
    await expect(hub.getIdentity(key)).rejects.toBe(failure);
    expect(ended).toEqual([undefined, failure]);
  });

  it('does not make a write that waited and may not be made any more', async () => {
    const { state, fake, hub, patch } = setUp({ waited: true });
    state.verdict = { kind: 'hold', reason: 'stateStale' };
    await expect(patch({ tags: { a: 1 } })).rejects.toMatchObject({ code: 'aborted', retryable: true });
    expect(fake.calls.some((call) => call.startsWith('patchTwin'))).toBe(false);
    // It was not sent, and so costs nothing.
    expect(state.charged).toBe(-1);
    await hub.getTwin(key);
    state.verdict = { kind: 'apply' };
    await patch({ tags: { a: 1 } });
  });

  it('does not ask for the direction of a write that did not wait', async () => {
    const { state, patch } = setUp();
    state.verdict = { kind: 'hold', reason: 'paused' };
    await expect(patch({ tags: { a: 1 } })).resolves.toMatchObject({ tags: { a: 1 } });
  });

  it('counts reported properties as twin writes of their hub', async () => {
    const { entered, turnstile } = setUp();
    const other = setUp();
    const turnstiles = { primary: other.turnstile, secondary: turnstile };
    const reported = createPacedReported({ patchReported: async () => 'written' }, turnstiles);
    expect(await reported.patchReported('secondary', key, { a: 1 })).toBe('written');
    expect(entered).toMatchObject([{ lane: 'twinWrite', messages: 1 }]);
    expect(other.entered).toEqual([]);
  });
});

describe('laneOf', () => {
  it('knows the twin calls; all others are of identities', () => {
    expect(['twin patch', 'twin read', 'device update', 'identity read'].map(laneOf)).toEqual([
      'twinWrite',
      'twinRead',
      'identity',
      'identity',
    ]);
  });
});
