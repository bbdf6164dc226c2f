import { describe, expect, it } from 'vitest';
import { boundInMs } from './support/rig.js';
import { runningIn, startFailoverChild } from './support/failover-child.js';
import { consumersApi, startFailoverLab } from './support/failover-rig.js';

describe('two hosts', () => {
  it('run one watch of a hub between them, and the other one goes on with it when one is killed', async () => {
    await using failover = await startFailoverLab();
    await using first = await startFailoverChild(failover);
    await using second = await startFailoverChild(failover);
    const api = consumersApi(() => second.process, failover);
    await api.untilStage('steady');
    const before = first.rounds() + second.rounds();
    const start = performance.now();
    await expect.poll(() => first.rounds() + second.rounds(), { timeout: 60_000 }).toBeGreaterThan(before + 8);
    // Two watches would do twice as many. A timer fires up to a second early, so that intervals of 1 s may be shorter.
    const seconds = (performance.now() - start) / 1000;
    expect(first.rounds() + second.rounds() - before).toBeLessThan(3 + 1.9 * seconds);
    const watches = async () => (await runningIn(second.process)).filter((id) => id.startsWith('watch-'));
    expect(await watches()).toHaveLength(1);

    await first.process.kill();
    const { lookedAt = '' } = await api.get();
    await api.until((document) => (document.lookedAt ?? '') > lookedAt);
    const rounds = second.rounds();
    await expect.poll(() => second.rounds(), { timeout: 60_000 }).toBeGreaterThan(rounds + 1);
    expect(await watches()).toHaveLength(1);
  });
});

describe('a host killed while it looks after consumer groups', () => {
  it('keeps nobody waiting for its lost activity: the next one makes them', async () => {
    await using failover = await startFailoverLab();
    const { lab } = failover;
    // As in host.json: what the killed host had in hand comes back after five minutes.
    const lease = {};
    await using first = await startFailoverChild(failover, { lease });
    await consumersApi(() => first.process, failover).untilStage('steady');
    const operation = lab.failover('primary').start();
    await consumersApi(() => first.process, failover).untilStage('endpointChanged');
    // The watch waits for its timer, and its upkeep for the hub, which does not answer.
    const isAtWork = (): boolean =>
      lab.failover('primary').waitingManagementCalls > 0 && first.lastActivity() === 'consumerUpkeepStart';
    await expect.poll(isAtWork, { timeout: boundInMs, interval: 5 }).toBe(true);
    await first.process.kill();

    await using second = await startFailoverChild(failover, { same: first.process, lease });
    await operation.done;
    await expect.poll(() => lab.failover('primary').consumerGroups(), { timeout: boundInMs }).toContain('alpha');
    // What the killed host had in hand is still under way.
    const upkeep = (await runningIn(second.process)).filter((id) => id.startsWith('upkeep-'));
    expect(upkeep.filter((id) => !id.includes('~'))).toHaveLength(1);
  });
});
