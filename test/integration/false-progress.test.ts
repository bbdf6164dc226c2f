import { describe, expect, it } from 'vitest';
import { ownKeyOf } from '../../lab/host/keys.js';
import { positionsAt, sendTelemetry, trueEnds } from './support/true-ends.js';
import { startFailoverRig, type FailoverRig } from './support/failover-rig.js';

const events = ({ settings }: FailoverRig): string => settings['PRIMARY_HUB_EVENTS'] ?? '';

/** So many rounds of the watch have been stored since. */
const afterRounds = async ({ api }: FailoverRig, rounds: number): Promise<void> => {
  const seen = new Set<string>();
  await api.until(({ lookedAt }) => seen.add(lookedAt ?? '').size > rounds);
};

describe('a false report of progress while the old endpoint is read to its end', () => {
  it('is refused by name, ends nothing early, and hides no true report', async () => {
    await using rig = await startFailoverRig(
      { timeline: { endpointChangesInMs: 3000, forwardingStopsInMs: 3500, activeInMs: 6000, dataFlowsInMs: 60_000 } },
      { FEATURES: 'sync,routing,failover', WATCH_READ_TIMEOUT_SECONDS: '10', WATCH_FAILOVER_SECONDS: '5' },
    );
    const { api, lab, log } = rig;
    await api.untilStage('steady');
    const { endpoint } = lab.failover('primary');
    sendTelemetry(lab, 2);
    const halfway = positionsAt(await trueEnds(events(rig), endpoint));
    const first = { enqueuedAt: halfway[0]?.enqueuedAt, handledAt: new Date().toISOString() };
    expect((await api.post({ consumer: 'true', generation: 1, partitions: halfway, first })).status).toBe(204);
    sendTelemetry(lab, 20);
    lab.failover('primary').start();
    await api.until(({ generations: [old] }) => old?.state === 'draining');

    // The key that devices hold opens nothing of this, and the app's own key alone is not enough either.
    const lie = halfway.map((place) => ({ ...place, sequenceNumber: 9e15, lag: 0 }));
    const body = JSON.stringify({ consumer: 'true', generation: 1, partitions: lie });
    const url = `${rig.host.url}/api/consumers/primary/progress`;
    const post = (headers: Record<string, string>) => fetch(url, { method: 'POST', body, headers });
    const deviceKey = ownKeyOf(rig.host, 'deviceRouting');
    expect((await post({ 'x-functions-key': deviceKey })).status).toBe(401);
    const withoutProgressKey = await post({ 'x-functions-key': rig.host.functionKey });
    expect([withoutProgressKey.status, await withoutProgressKey.json()]).toMatchObject([
      401,
      { error: { code: 'wrongProgressKey' } },
    ]);
    const route = `${rig.host.url}/api/devices/no-such-device/hub`;
    expect((await fetch(route, { headers: { 'x-functions-key': deviceKey } })).status).not.toBe(401);

    // Whoever has both keys is held against what the app sees.
    const refused = await api.post(JSON.parse(body));
    expect([refused.status, await refused.json()]).toMatchObject([409, { error: { code: 'aheadOfEnd' } }]);
    await afterRounds(rig, 4);
    expect((await api.get()).generations[0]).toMatchObject({ state: 'draining' });
    expect(log.filter((line) => line.includes('failover.progressRefused')).length).toBeGreaterThan(0);
    expect(log.join('\n')).not.toContain(rig.settings['PROGRESS_KEY']);

    const ends = positionsAt(await trueEnds(events(rig), endpoint));
    expect((await api.post({ consumer: 'true', generation: 1, partitions: ends })).status).toBe(204);
    const { positions } = await api.until(({ generations: [old] }) => old?.state === 'stopped');
    expect(positions).toEqual([{ consumer: 'true', generation: 1, partitions: ends }]);
  });
});
