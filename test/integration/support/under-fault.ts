import { afterAll, beforeAll, expect, vi } from 'vitest';
import type { Fault } from '../../../lab/contracts.js';
import { boundInMs, parkedOf, startRig, untilCopiesAreOld, type Rig } from './rig.js';

/** Times short enough that an outage of seconds shows what one of minutes does. */
const impatient = { HUB_CALL_TIMEOUT_MS: '1500', STATE_MAX_AGE_MS: '1500' };

const deviceCount = 10;
const named = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind}-${index}`);

/** Ten devices to change, and a device and a module to delete for each of `rounds`; equal on both hubs. */
async function settleDevices(rig: Rig, rounds: number): Promise<void> {
  const primary = rig.lab.hub('primary');
  for (const deviceId of [...named('dev', deviceCount), ...named('gone', rounds)])
    primary.createIdentity({ deviceId }, {});
  for (const moduleId of named('gone', rounds)) primary.createIdentity({ deviceId: 'dev-1', moduleId }, {});
  await rig.untilEqual();
  await untilCopiesAreOld();
}

/** Twin changes of ten devices; a device and a module are created, others deleted. */
export function makeChanges(rig: Rig, round: number): void {
  const primary = rig.lab.hub('primary');
  for (const deviceId of named('dev', deviceCount)) {
    primary.patchTwin({ deviceId }, { tags: { round, [`t${round}`]: true }, desired: { level: { [`r${round}`]: 1 } } });
    primary.patchTwin({ deviceId }, { desired: { level: null, mode: `m${round}` } });
    primary.patchTwin({ deviceId }, { desired: { level: { now: round } } });
  }
  primary.patchReported({ deviceId: 'dev-0' }, { seen: round });
  primary.createIdentity({ deviceId: `new-${round}` }, {});
  primary.patchTwin({ deviceId: `new-${round}` }, { tags: { round } });
  primary.deleteIdentity({ deviceId: `gone-${round}` }, '*');
  primary.createIdentity({ deviceId: 'dev-2', moduleId: `new-${round}` }, {});
  primary.deleteIdentity({ deviceId: 'dev-1', moduleId: `gone-${round}` }, '*');
}

export const isOn = (rig: Rig, hub: 'primary' | 'secondary', deviceId: string): boolean =>
  rig.lab
    .hub(hub)
    .listDevices()
    .some((device) => device.deviceId === deviceId);

/** Runs `during` with the faults in force; afterwards both hubs become equal, and nothing was given up on the way. */
export async function under(rig: Rig, faults: readonly Fault[], during: () => Promise<void>): Promise<void> {
  const ids = faults.map((fault) => rig.lab.addFault(fault).id);
  await rig.lab.faultsSettled();
  try {
    await during();
  } finally {
    for (const id of ids) rig.lab.removeFault(id);
    await rig.lab.faultsSettled();
  }
  expect(await equalAgain(rig)).toEqual({ parked: 0, poison: 0 });
}

/** Waits until both hubs are equal; what was given up on the way. */
export async function equalAgain(rig: Rig): Promise<{ parked: number; poison: number | null }> {
  await rig.untilEqual();
  const report = await rig.health();
  return { parked: parkedOf(report), poison: report.poison };
}

/** Waits for a log event with this reason, or any of several. */
export async function untilLogged(rig: Rig, from: number, event: string, ...reasons: string[]): Promise<void> {
  const isIt = (line: string) =>
    line.includes(event) && reasons.some((reason) => line.includes(`"reason":"${reason}"`));
  await vi.waitFor(() => expect(rig.log.slice(from).filter(isIt)).not.toEqual([]), {
    timeout: boundInMs,
    interval: 50,
  });
}

/** What a device hears that asks now: status and how long it took. */
export async function askRoute(rig: Rig): Promise<{ status: number; hub: string; tookInMs: number }> {
  const start = performance.now();
  const answer = await fetch(`${rig.host.url}/api/devices/dev-0/hub`, {
    headers: { 'x-functions-key': rig.host.functionKey },
  });
  const { hub } = (await answer.json()) as { hub: { role: string } };
  return { status: answer.status, hub: hub.role, tookInMs: performance.now() - start };
}

/** One rig for a `describe`, with what `rounds` rounds of changes need. */
export function rigFor(rounds: number): () => Rig {
  const state: { rig?: Rig } = {};
  beforeAll(async () => {
    state.rig = await startRig({ settings: impatient });
    await settleDevices(state.rig, rounds);
  }, boundInMs);
  afterAll(async () => state.rig?.[Symbol.asyncDispose]());
  return () => state.rig ?? expect.fail('the rig did not start');
}
