import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { BuiltInEndpoint, HubFailoverOptions, Lab } from '../../lab/contracts.js';
import { createTelemetryFleet, type TelemetryFleet } from '../../lab/fleet/telemetry-fleet.js';
import { aLab, readEvents } from './a-lab.js';
import { quickRetries, read, type Reading } from './support/event-hubs.js';

const reading = (lab: Lab, { hostName, eventHubName }: BuiltInEndpoint): Reading => {
  const key = lab
    .hub('primary')
    .sharedAccessPolicies()
    .find(({ name }) => name === 'service')?.primaryKey;
  return read(`Endpoint=sb://${hostName}/;SharedAccessKeyName=service;SharedAccessKey=${key}`, eventHubName);
};
const sequenceOf = ({ body }: { body: { deviceId: string; sequence: number } }): string =>
  `${body.deviceId}-${body.sequence}`;

/** Connects as any Node process with the laboratory's environment would, and says how it went. */
const connectInChild = async (lab: Lab, { hostName }: BuiltInEndpoint): Promise<string> => {
  const script = `require('node:tls').connect({ host: '${hostName}', port: 5671, servername: '${hostName}' })
    .on('secureConnect', function () { console.log('authorized', this.authorized); this.destroy(); })
    .on('error', (error) => console.log(error.code));`;
  const env = { ...process.env, ...lab.description.env };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { env });
  return stdout.trim();
};

const aFleet = (lab: Lab, count: number): TelemetryFleet =>
  createTelemetryFleet({
    hostName: lab.hub('primary').hostName,
    identities: lab.addDevices({ hub: 'primary', count, prefix: 'pump' }).map((key) => ({
      ...key,
      primaryKey: lab.hub('primary').getIdentity(key).authentication.symmetricKey.primaryKey ?? '',
    })),
    intervalInMs: 20,
    timeoutInMs: 2_000,
    maxPauseInMs: 200,
  });

describe('telemetry of a laboratory', () => {
  it('goes to the built-in endpoint of its hub by the fallback route', async () => {
    await using lab = await aLab();
    for (const hub of ['primary', 'secondary'] as const) lab.addDevices({ hub, count: 1, prefix: 'pump' });
    lab.hub('secondary').acceptTelemetry({ deviceId: 'pump-0001' }, Buffer.from('{"of":"secondary"}'), {}, {});
    lab.hub('primary').acceptTelemetry({ deviceId: 'pump-0001' }, Buffer.from('{"of":"primary"}'), {}, {});
    lab.hub('primary').patchTwin({ deviceId: 'pump-0001' }, { tags: { not: 'telemetry' } });
    await using events = reading(lab, lab.failover('primary').endpoint);
    await events.waitFor(1);
    expect(events.events.map(({ body }) => body)).toEqual([{ of: 'primary' }]);
    expect(lab.telemetry('secondary').accepted).toEqual({ [lab.failover('secondary').endpoint.hostName]: 1 });
  });

  it('does not when a route takes it', async () => {
    await using lab = await aLab({ routes: [{ hub: 'primary', source: 'deviceMessages', eventHub: 'telemetry' }] });
    lab.addDevices({ hub: 'primary', count: 1, prefix: 'pump' });
    lab.hub('primary').acceptTelemetry({ deviceId: 'pump-0001' }, Buffer.from('{"n":1}'), {}, {});
    expect((await readEvents(lab, 'telemetry', 1)).map(({ body }) => body)).toEqual([{ n: 1 }]);
    expect(lab.telemetry('primary').accepted).toEqual({});
  });
});

describe('a failover under a fleet that sends', () => {
  const timeScale = 0.003;

  it.each<Partial<HubFailoverOptions>>([
    {},
    { forwardingStopsFirst: true },
    { devicesBlackHoled: true },
    { timeline: { endpointChangesInMs: 300_000, forwardingStopsInMs: 450_000 } },
  ])('gives each accepted message to a reader of its endpoint, or counts it as lost: %j', async (options) => {
    await using lab = await aLab();
    await using fleet = aFleet(lab, 10);
    const failover = lab.failover('primary');
    const first = failover.endpoint;
    await fleet.start();
    await using before = reading(lab, first);
    await before.waitFor(20);
    const { done } = failover.start(undefined, { timeScale, ...options });
    await vi.waitUntil(() => failover.endpoint.hostName !== first.hostName, { timeout: 20_000 });
    await using after = reading(lab, failover.endpoint);
    await done;
    const accepted = (): number => fleet.ledger.counts().accepted;
    const then = accepted();
    await vi.waitUntil(() => accepted() > then + 50, { timeout: 20_000 });
    await fleet.finish(AbortSignal.timeout(20_000));
    const total = Object.values(lab.telemetry('primary').accepted).reduce((sum, count) => sum + count, 0);
    const lost = lab.telemetry('primary').lostWithEndpoint();
    await vi.waitUntil(() => before.events.length + after.events.length + lost.length >= total, { timeout: 20_000 });
    const seen = new Set([...before.events, ...after.events].map(sequenceOf));
    for (const { messageId = '' } of lost) seen.add(String(messageId));
    expect(seen).toEqual(new Set(fleet.ledger.acceptedMessages().map((message) => sequenceOf({ body: message }))));
    expect(after.events.length).toBeGreaterThan(50);
    // Other processes follow, to the new name and not to the old one.
    expect(await connectInChild(lab, failover.endpoint)).toBe('authorized true');
    expect(await connectInChild(lab, first)).toBe('ECONNREFUSED');
  });
});

describe('faults on the built-in endpoint', () => {
  it('cut its readers, which come back when it is there again', async () => {
    await using lab = await aLab();
    lab.addDevices({ hub: 'primary', count: 1, prefix: 'pump' });
    const send = (sequence: number): void =>
      lab.hub('primary').acceptTelemetry({ deviceId: 'pump-0001' }, Buffer.from(JSON.stringify({ sequence })), {}, {});
    send(1);
    await using events = reading(lab, lab.failover('primary').endpoint);
    await events.waitFor(1);
    const { id } = lab.addFault({ hub: 'primary', plane: 'events', kind: 'stop' });
    await lab.faultsSettled();
    send(2);
    expect(events.events).toHaveLength(1);
    lab.removeFault(id);
    await events.waitFor(2);
  });

  it('refuse with the status that they ask for', async () => {
    await using lab = await aLab();
    lab.addFault({ hub: 'primary', plane: 'events', kind: 'status', status: 401 });
    const { hostName, eventHubName } = lab.failover('primary').endpoint;
    const connectionString = lab.description.settings['PRIMARY_HUB_EVENTS'] ?? '';
    expect(connectionString).toContain(hostName);
    await using events = read(connectionString, eventHubName, {
      partitionId: '0',
      client: { retryOptions: { ...quickRetries, maxRetries: 0 } },
    });
    await vi.waitUntil(() => events.errors.length > 0, { timeout: 20_000 });
    expect(events.errors[0]).toMatchObject({ code: 'UnauthorizedError' });
  });
});
