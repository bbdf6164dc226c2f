import { describe, expect, it } from 'vitest';
import type { Generation } from '../../../src/consumers-document.js';
import { planGenerations } from '../../../src/consumer/generation-plan.js';

const aGeneration = (number: number, hostName: string, state: Generation['state'] = 'running'): Generation => ({
  number,
  endpoint: { hostName, eventHubName: 'hub' },
  state,
  seenBefore: false,
  startedAt: '2026-05-01T10:00:00.000Z',
});
const aView = (...generations: Generation[]) => ({ hub: 'h', revision: 1, stage: 'steady' as const, generations });
const numbers = (generations: readonly Generation[]): number[] => generations.map(({ number }) => number);

describe('a view asks a process', () => {
  it('to read every generation that has not stopped, the new one beside the old one', () => {
    const view = aView(aGeneration(1, 'a', 'stopped'), aGeneration(2, 'b', 'draining'), aGeneration(3, 'c'));
    const plan = planGenerations(view, [{ number: 2, ended: false }]);
    expect(plan.start.map(({ generation, after }) => [generation.number, after])).toEqual([[3, undefined]]);
    expect([numbers(plan.keep), plan.stop]).toEqual([[2], []]);
  });

  it('to stop what has stopped and what is not listed any more', () => {
    const view = aView(aGeneration(2, 'b', 'stopped'), aGeneration(3, 'c'));
    expect(
      planGenerations(
        view,
        [1, 2, 3].map((number) => ({ number, ended: false })),
      ).stop,
    ).toEqual([1, 2]);
  });

  it('of two generations on one endpoint to read the newer, after the older has stopped', () => {
    const view = aView(aGeneration(1, 'A', 'draining'), aGeneration(2, 'b'), aGeneration(3, 'a'));
    const plan = planGenerations(view, [
      { number: 1, ended: false },
      { number: 2, ended: false },
    ]);
    expect(plan.start.map(({ generation, after }) => [generation.number, after])).toEqual([[3, 1]]);
    expect(plan.stop).toEqual([1]);
  });

  it('not to read again what was read to its end, unless it runs again', () => {
    const own = [{ number: 1, ended: true }];
    expect(planGenerations(aView(aGeneration(1, 'a', 'draining')), own).start).toEqual([]);
    expect(planGenerations(aView(aGeneration(1, 'a')), own).start).toHaveLength(1);
  });
});
