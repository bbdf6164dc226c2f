import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HubMessage } from '../../lab/contracts.js';
import { createTelemetryFleet, type TelemetryFleet } from '../../lab/fleet/telemetry-fleet.js';
import { createTelemetryLedger } from '../../lab/fleet/telemetry-ledger.js';
import { aBuiltInHub, type BuiltInHub } from './support/built-in.js';
import { eventually } from './support/mqtt-hub.js';

let hub: BuiltInHub;
let fleet: TelemetryFleet;
let aFleet: (timeoutInMs: number) => TelemetryFleet;
let taken: HubMessage[];
beforeEach(async () => {
  hub = await aBuiltInHub();
  const identities = Array.from({ length: 10 }, (_, n) => ({ deviceId: `t${n}` })).map((key) => ({
    ...key,
    primaryKey: hub.addDevice(key),
  }));
  taken = [];
  hub.core.onMessage((message) => {
    if (message.source === 'deviceMessages') taken.push(message);
  });
  aFleet = (timeoutInMs) =>
    createTelemetryFleet({
      hostName: hub.core.hostName,
      identities,
      intervalInMs: 20,
      timeoutInMs,
      maxPauseInMs: 200,
    });
  fleet = aFleet(2_000);
});
afterEach(async () => {
  await fleet.close();
  await hub[Symbol.asyncDispose]();
});

const nameOf = ({ deviceId, sequence }: { deviceId: string; sequence: number }): string => `${deviceId}-${sequence}`;
const accepted = (): number => fleet.ledger.counts().accepted;
const names = (): string[] => taken.map(({ messageId }) => String(messageId ?? ''));
const repeated = (): string[] => names().filter((name, index, all) => all.indexOf(name) !== index);

/** What the hub took is what the devices know to be accepted; what it took twice is what they name. */
const expectAgreement = (): void => {
  const acceptedNames = fleet.ledger.acceptedMessages().map(nameOf);
  expect(new Set(names())).toEqual(new Set(acceptedNames));
  expect(new Set(acceptedNames).size).toBe(acceptedNames.length);
  const resent = new Set(fleet.ledger.resentMessages().map(nameOf));
  expect(repeated().filter((name) => !resent.has(name))).toEqual([]);
  for (const { deviceId } of hub.core.listDevices()) {
    const own = fleet.ledger.acceptedMessages().filter((message) => message.deviceId === deviceId);
    expect(own.map(({ sequence }) => sequence)).toEqual(own.map((_, index) => index + 1));
  }
};

describe('a fleet that sends numbered telemetry', () => {
  it('numbers what each device sends, without a gap, until it is told to finish', async () => {
    // Longer than any answer takes on a busy machine: each message is sent once.
    fleet = aFleet(60_000);
    await fleet.start();
    expect(fleet.connected).toBe(10);
    await expect.poll(accepted, eventually).toBeGreaterThan(50);
    await fleet.finish();
    const { sent, attempts } = fleet.ledger.counts();
    expect([sent, attempts, names().length]).toEqual([accepted(), accepted(), accepted()]);
    expectAgreement();
    expect(JSON.parse(taken[0]?.body.toString() ?? '')).toMatchObject({ deviceId: taken[0]?.deviceId, sequence: 1 });
  });

  it.each([false, true])('sends all of it in spite of a failover (black hole: %s)', async (blackHoled) => {
    await fleet.start();
    await expect.poll(accepted, eventually).toBeGreaterThan(50);
    const { hooks } = hub.builtIn;
    hooks.endpointChanged(hub.second, { consumerGroups: [], offsetsRestart: true });
    hooks.forwardingStopped({ blackHoled, rollBackMinutes: 0 });
    await expect.poll(() => fleet.ledger.openMessages().length, eventually).toBe(10);
    await expect.poll(() => fleet.connected, eventually).toBe(0);
    const before = accepted();
    hooks.active();
    hooks.dataFlows();
    await expect.poll(accepted, eventually).toBeGreaterThan(before + 50);
    await fleet.finish(AbortSignal.timeout(20_000));
    expect(fleet.ledger.resentMessages().length).toBeLessThanOrEqual(10);
    expect(fleet.ledger.openMessages()).toEqual([]);
    expectAgreement();
    expect(Object.keys(hub.builtIn.telemetry.accepted)).toEqual([hub.first.hostName, hub.second.hostName]);
  });

  it('keeps what was not accepted open when it is closed', async () => {
    await fleet.start();
    await expect.poll(accepted, eventually).toBeGreaterThan(20);
    hub.builtIn.hooks.forwardingStopped({ blackHoled: false, rollBackMinutes: 0 });
    await expect.poll(() => fleet.ledger.openMessages().length, eventually).toBe(10);
    await expect.poll(() => fleet.failures().connectFailed ?? 0, eventually).toBeGreaterThan(0);
    await expect(fleet.finish(AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'TimeoutError' });
    await fleet.close();
    expect(fleet.ledger.openMessages()).toHaveLength(10);
  });
});

describe('the ledger of sent telemetry', () => {
  it('names what was sent more than once, and counts each message once', () => {
    const ledger = createTelemetryLedger();
    const [first, second] = [1, 2].map((sequence) => ({ deviceId: 'd', sequence })) as [
      { deviceId: string; sequence: number },
      { deviceId: string; sequence: number },
    ];
    ledger.begin(first);
    ledger.attempt(first);
    ledger.accepted(first);
    ledger.begin(second);
    ledger.attempt(second);
    ledger.attempt(second);
    expect(ledger.openMessages()).toEqual([second]);
    ledger.accepted(second);
    ledger.accepted(second);
    expect(ledger.counts()).toEqual({ sent: 2, accepted: 2, attempts: 3 });
    expect([ledger.resentMessages(), ledger.openMessages()]).toEqual([[second], []]);
  });
});
