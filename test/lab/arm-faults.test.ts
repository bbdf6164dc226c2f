import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { IotHubClient } from '@azure/arm-iothub';
import type { Fault, FaultKind, Lab } from '../../lab/contracts.js';
import { armClient, armLab, armNames, armRefusal } from './support/arm-client.js';

let lab: Lab;
let client: IotHubClient;
beforeAll(async () => {
  ({ lab, client } = await armLab());
});
afterAll(() => lab.close());

const added: string[] = [];
afterEach(async () => {
  for (const id of added.splice(0)) lab.removeFault(id);
  await lab.faultsSettled();
});
const play = async (kind: FaultKind, more: Partial<Fault> = {}): Promise<void> => {
  added.push(lab.addFault({ hub: 'arm', plane: 'arm', kind, ...more }).id);
  await lab.faultsSettled();
};
const read = (abortSignal = AbortSignal.timeout(10_000), from = client) =>
  from.iotHubResource.get(...armNames(lab), { abortSignal });

describe('faults on the plane of Resource Manager', () => {
  it('cut connections, and it comes back: stop', async () => {
    await play('stop');
    await expect(read()).rejects.toMatchObject({ code: expect.stringMatching(/^ECONN/) });
    for (const id of added.splice(0)) lab.removeFault(id);
    await lab.faultsSettled();
    expect(await read()).toMatchObject({ properties: { state: 'Active' } });
  });

  it('leave requests without an answer: blackHole', async () => {
    await play('blackHole');
    await expect(read(AbortSignal.timeout(200))).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    [{ kind: 'status' } as const, 503],
    [{ kind: 'status', status: 500 } as const, 500],
    [{ kind: 'throttle' } as const, 429],
  ])('answer in its stead, in its form: %j', async ({ kind, ...more }, status) => {
    await play(kind, more);
    expect(await armRefusal(read())).toMatchObject({ status, message: 'A fault of the laboratory' });
  });

  it('answer a share of the requests', async () => {
    await play('status', { share: 0.5, seed: 7 });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, () =>
        read().then(
          () => 'read',
          () => 'refused',
        ),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['read', 'refused']));
  });

  it('are outlived by the SDK, which waits as Retry-After says', async () => {
    await play('throttle', { forMs: 300 });
    const startedAt = performance.now();
    expect(await read(undefined, armClient(lab, { maxRetries: 3 }))).toMatchObject({ properties: { state: 'Active' } });
    expect(performance.now() - startedAt).toBeGreaterThan(900);
  });

  it.each(['slow', 'delay'] as const)('make requests take their time: %s', async (kind) => {
    await play(kind, kind === 'slow' ? { bytesPerSecond: 2000 } : { forMs: 200 });
    const startedAt = performance.now();
    await read();
    expect(performance.now() - startedAt).toBeGreaterThan(150);
  });

  it.each(['half', 'reset', 'wrongType', 'empty'] as const)('break answers: %s', async (kind) => {
    await play(kind);
    const answer = await read().then(
      ({ properties }) => properties?.state,
      () => undefined,
    );
    expect(answer).toBeUndefined();
  });

  it.each(['half', 'reset'] as const)('break the answer to what has been done: %s', async (kind) => {
    // A new connection, whose handshake must pass. The SDK's first try may go to the one that was cut.
    await play('stop');
    lab.removeFault(added.pop() ?? '');
    await play(kind);
    const name = `made-${kind}`;
    const { iotHubResource } = armClient(lab, { maxRetries: 1 });
    const made = iotHubResource.createEventHubConsumerGroup(...armNames(lab), 'events', name, {
      properties: { name },
    });
    expect(await armRefusal(made)).toMatchObject({ status: undefined });
    expect(lab.failover('primary').consumerGroups()).toContain(name);
  });

  it('leave the hubs alone', async () => {
    await play('stop');
    expect(lab.hub('primary').statistics().totalDeviceCount).toBe(0);
    expect(() => lab.addFault({ hub: 'primary', plane: 'arm', kind: 'stop' })).toThrow('nothing serves arm on primary');
  });
});
