import { expect, it } from 'vitest';
import { runSteps } from '../../../lab/demo/run-steps.js';

it('reports each step with its time and its words', async () => {
  const { steps, failure } = await runSteps(
    [
      { name: 'first', run: async () => 'done' },
      { name: 'second', run: async () => 'done too' },
    ],
    { silent: true },
  );
  expect(failure).toBeUndefined();
  expect(steps).toEqual([
    { name: 'first', ok: true, elapsedInMs: expect.any(Number), detail: 'done' },
    { name: 'second', ok: true, elapsedInMs: expect.any(Number), detail: 'done too' },
  ]);
});

it('ends at the first step that fails, with its reason', async () => {
  const error = new Error('the standby has no such device');
  let ran = false;
  const { steps, failure } = await runSteps(
    [
      { name: 'first', run: () => Promise.reject(error) },
      {
        name: 'second',
        run: async () => {
          ran = true;
          return '';
        },
      },
    ],
    { silent: true },
  );
  expect(ran).toBe(false);
  expect(failure).toBe(error);
  expect(steps).toEqual([{ name: 'first', ok: false, elapsedInMs: expect.any(Number), detail: error.message }]);
});
