import { describe, expect, it } from 'vitest';
import type { Fault } from '../../lab/contracts.js';
import { problemsOf, rehearse } from '../integration/support/rehearse.js';

const storageAway = (forMs: number): Fault[] =>
  (['blob', 'queue', 'table'] as const).map((plane) => ({ hub: 'storage', plane, kind: 'stop', forMs }));

describe('a hub failover that something else happens in', () => {
  it.each(['failoverStarted', 'endpointChanged', 'failoverEnded', 'verified'])(
    'loses nothing when the host is killed as the watch enters %s',
    async (stage) => {
      let kills = 0;
      const report = await rehearse(['--time-scale', '0.04'], {
        onStage: async (entered, world) => {
          if (entered !== stage || kills > 0) return;
          kills += 1;
          await world.replaceApp();
        },
      });
      expect(problemsOf(report)).toEqual([]);
      expect(kills).toBe(1);
    },
  );

  it('loses nothing when storage is away for 20 s in the middle of it', async () => {
    let isAway = false;
    const report = await rehearse(['--time-scale', '0.1', '--limit-seconds', '300'], {
      onStage: async (stage, { lab }) => {
        if (stage !== 'endpointChanged' || isAway) return;
        isAway = true;
        for (const fault of storageAway(20_000)) lab.addFault(fault);
        await lab.faultsSettled();
      },
    });
    expect(isAway).toBe(true);
    expect(problemsOf(report)).toEqual([]);
  });

  it.each(['no', 'yes'])(
    'loses nothing when ARM fails for the whole failover: the redirect tells of the endpoint; groups lost: %s',
    async (lost) => {
      const report = await rehearse(['--time-scale', '0.04', '--consumer-groups-lost', lost], {
        onStart: ({ lab }) => {
          const { id } = lab.addFault({ hub: 'arm', plane: 'arm', kind: 'status', status: 503 });
          const watch = setInterval(() => {
            const operation = lab.failover('primary').operation;
            if (operation?.moments.dataFlows === undefined) return;
            clearInterval(watch);
            lab.removeFault(id);
          }, 100);
        },
      });
      // A group that went is made again once ARM answers, after data flows: until then nobody can read, whoever knows of the endpoint.
      const isLate = (problem: string): boolean => problem.startsWith('the first message of generation 2 took');
      expect(problemsOf(report).filter((problem) => lost === 'no' || !isLate(problem))).toEqual([]);
      expect(report.stages.map(({ stage }) => stage)).toContain('endpointChanged');
    },
  );

  it('loses nothing in a failback right after, to the first namespace with restarted offsets', async () => {
    const report = await rehearse(['--failback']);
    expect(problemsOf(report)).toEqual([]);
    const [first, , third] = report.generations.map(({ endpoint }) => endpoint);
    expect(third ?? report.generations.at(-1)?.endpoint).toBe(first ?? '');
  });
});
