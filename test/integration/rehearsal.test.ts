import { describe, expect, it } from 'vitest';
import { problemsOf, rehearse } from './support/rehearse.js';

describe('a rehearsal of a hub failover', () => {
  it('loses nothing, in the measured order, and delivers the first event of the new endpoint within a poll and a second', async () => {
    const report = await rehearse([]);
    expect(problemsOf(report)).toEqual([]);
    const stages = report.stages.map(({ stage }) => stage).join(' ');
    expect(stages).toMatch(/endpointChanged failoverEnded verified/);
    expect(report.generations.map(({ number, state }) => [number, state])).toContainEqual([2, 'running']);
    expect(report.deliveryInMs).toBeLessThanOrEqual(report.deliveryBoundInMs);
    expect(report.gapInMs).toBeGreaterThan(1000);
  });
});
