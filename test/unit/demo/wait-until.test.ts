import { expect, it } from 'vitest';
import { waitUntil } from '../../../lab/demo/wait-until.js';

it('resolves with what the check finds', async () => {
  let looks = 0;
  const found = await waitUntil(
    () => {
      looks += 1;
      return looks === 3 ? 'here' : undefined;
    },
    { limitInMs: 60_000, everyInMs: 1 },
  );
  expect(found).toBe('here');
  expect(looks).toBe(3);
});

it('resolves undefined when the limit passes', async () => {
  expect(await waitUntil(() => undefined, { limitInMs: 5, everyInMs: 1 })).toBeUndefined();
});

it('looks once even with no time left', async () => {
  expect(await waitUntil(() => 'here', { limitInMs: 0 })).toBe('here');
});

it('rejects with the reason of the abort, also while it waits', async () => {
  const controller = new AbortController();
  const waiting = waitUntil(() => undefined, {
    limitInMs: 60_000,
    everyInMs: 60_000,
    abortSignal: controller.signal,
  });
  controller.abort(new Error('Ctrl-C'));
  await expect(waiting).rejects.toThrow('Ctrl-C');
});
