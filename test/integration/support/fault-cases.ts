import { describe, expect, it, vi } from 'vitest';
import type { Fault } from '../../../lab/contracts.js';
import { boundInMs } from './rig.js';
import { askRoute, equalAgain, isOn, makeChanges, rigFor, under, untilLogged } from './under-fault.js';

interface Case {
  name: string;
  faults: Omit<Fault, 'hub'>[];
  /** Why the partitions hold while the standby hub has this fault. Absent: nothing has to. */
  held?: string;
}

const wire = (kind: Fault['kind'], more: Partial<Fault> = {}): Case['faults'] => [
  { plane: 'https', kind, ...more },
  { plane: 'mqtt', kind, ...more },
];

const hubCases: Case[] = [
  { name: 'stop', faults: wire('stop'), held: 'targetAway' },
  { name: 'refuse', faults: wire('refuse') },
  { name: 'blackHole', faults: wire('blackHole'), held: 'targetAway' },
  { name: 'slow', faults: wire('slow', { bytesPerSecond: 100 }), held: 'targetAway' },
  { name: 'reset', faults: wire('reset'), held: 'targetAway' },
  { name: 'half', faults: [{ plane: 'https', kind: 'half' }], held: 'targetAway' },
  { name: 'delay', faults: [{ plane: 'https', kind: 'delay', forMs: 2000 }], held: 'targetAway' },
  { name: 'status 503', faults: [{ plane: 'https', kind: 'status' }], held: 'targetAway' },
  { name: 'throttle', faults: [{ plane: 'https', kind: 'throttle' }], held: 'targetThrottled' },
  { name: 'throttle of a third', faults: [{ plane: 'https', kind: 'throttle', share: 0.33 }] },
  { name: 'wrongType', faults: [{ plane: 'https', kind: 'wrongType' }], held: 'targetAway' },
  { name: 'empty 200', faults: [{ plane: 'https', kind: 'empty' }], held: 'targetAway' },
  { name: 'empty 204', faults: [{ plane: 'https', kind: 'empty', status: 204 }], held: 'targetAway' },
];

const storage = (kind: Fault['kind'], ...planes: Fault['plane'][]): Case['faults'] =>
  (planes.length === 0 ? (['blob', 'queue', 'table'] as const) : planes).map((plane) => ({ plane, kind }));

const storageCases: Case[] = [
  { name: 'stop', faults: storage('stop') },
  // Present connections are left alone by it: they have to go first.
  { name: 'refuse', faults: [...storage('refuse'), ...storage('stop').map((fault) => ({ ...fault, forMs: 100 }))] },
  { name: 'blackHole', faults: storage('blackHole') },
  // Slower than a routing document may be old: at a kilobyte a second it can be read in time.
  { name: 'slow', faults: storage('slow').map((fault) => ({ ...fault, bytesPerSecond: 100 })) },
  { name: 'reset', faults: storage('reset') },
];

const namespaceCases: Case[] = [
  { name: 'stop', faults: [{ plane: 'amqp', kind: 'stop' }] },
  { name: 'refuse', faults: [{ plane: 'amqp', kind: 'refuse' }] },
  { name: 'blackHole', faults: [{ plane: 'amqp', kind: 'blackHole' }] },
  { name: 'slow', faults: [{ plane: 'amqp', kind: 'slow' }] },
  { name: 'reset', faults: [{ plane: 'amqp', kind: 'reset' }] },
  { name: 'delay', faults: [{ plane: 'amqp', kind: 'delay', forMs: 500 }] },
  { name: 'status 503', faults: [{ plane: 'amqp', kind: 'status' }] },
  { name: 'throttle', faults: [{ plane: 'amqp', kind: 'throttle' }] },
];

const named = (cases: readonly Case[], names: readonly string[]) =>
  cases.filter(({ name }) => names.length === 0 || names.includes(name)).map((each, round) => ({ ...each, round }));
const on = (hub: Fault['hub'], faults: Case['faults']): Fault[] => faults.map((fault) => ({ ...fault, hub }));

/** Twin changes wait by name; devices are routed to the active hub as ever. `names`: only those cases. */
export function describeStandby(...names: string[]): void {
  const cases = named(hubCases, names);
  describe('a fault of the standby hub', () => {
    const rigOf = rigFor(cases.length);
    it.each(cases)('$name', async ({ faults, held, round }) => {
      const rig = rigOf();
      await under(rig, on('secondary', faults), async () => {
        const from = rig.log.length;
        makeChanges(rig, round);
        if (held !== undefined) await untilLogged(rig, from, 'twin.held', held);
        expect(await askRoute(rig)).toMatchObject({ status: 200, hub: 'primary' });
      });
    });
  });
}

/** Changes of known devices need nothing of their own hub and go on; what is created or deleted waits by name. */
export function describeActive(...names: string[]): void {
  const holding = hubCases.filter(({ held }) => held !== undefined);
  const cases = named(holding, names);
  describe('a fault of the active hub', () => {
    const rigOf = rigFor(cases.length);
    it.each(cases)('$name', async ({ faults, round }) => {
      const rig = rigOf();
      await under(rig, on('primary', faults), async () => {
        const from = rig.log.length;
        makeChanges(rig, round);
        await vi.waitFor(
          () => expect(rig.lab.hub('secondary').getTwin({ deviceId: 'dev-9' }).tags['round']).toBe(round),
          { timeout: boundInMs },
        );
        await untilLogged(rig, from, 'identity.notNow', 'sourceAway');
        expect([isOn(rig, 'secondary', `new-${round}`), isOn(rig, 'secondary', `gone-${round}`)]).toEqual([
          false,
          true,
        ]);
      });
    });
  });
}

/** Nothing is written to a hub without a fresh routing document; devices are answered from memory, and soon. */
export function describeStorage(...names: string[]): void {
  const cases = named(storageCases, names);
  describe('a fault of storage', () => {
    const rigOf = rigFor(cases.length);
    it.each(cases)('$name', async ({ faults, round }) => {
      const rig = rigOf();
      const from = rig.log.length;
      await under(rig, on('storage', faults), async () => {
        await vi.waitFor(
          async () => {
            const { status, hub, tookInMs } = await askRoute(rig);
            expect({ status, hub }).toEqual({ status: 200, hub: 'primary' });
            expect(tookInMs).toBeLessThan(2500);
            expect((await fetch(`${rig.host.url}/api/health`)).status).toBe(503);
          },
          { timeout: boundInMs, interval: 200 },
        );
        makeChanges(rig, round);
        await vi.waitFor(
          () =>
            expect(
              rig.log
                .slice(from)
                .some((line) => /(twin\.held|identity\.notNow).*"(stateStale|storageAway)"/.test(line)),
            ).toBe(true),
          { timeout: boundInMs },
        );
        expect(rig.lab.hub('secondary').getTwin({ deviceId: 'dev-9' }).tags['round']).not.toBe(round);
        expect(await askRoute(rig)).toMatchObject({ status: 200, hub: 'primary' });
      });
    });
  });
}

/** Creates come by Event Grid and go on; twin changes wait on their route or in the event hub. */
export function describeNamespace(...names: string[]): void {
  const cases = named(namespaceCases, names);
  describe('a fault of the namespace', () => {
    const rigOf = rigFor(cases.length);
    it.each(cases)('$name', async ({ faults, round }) => {
      const rig = rigOf();
      await under(rig, on('namespace', faults), async () => {
        makeChanges(rig, round);
        await vi.waitFor(() => expect(isOn(rig, 'secondary', `new-${round}`)).toBe(true), { timeout: boundInMs });
        expect(await askRoute(rig)).toMatchObject({ status: 200, hub: 'primary' });
        expect((await rig.health()).ok).toBe(true);
      });
    });
  });
}

/** The hubs' own clocks, by which tokens are judged and events are stamped. */
export function describeClocks(): void {
  describe('a hub whose clock is wrong', () => {
    const rigOf = rigFor(3);
    it('the standby three hours ahead: our tokens are expired there, and changes wait', async () => {
      const rig = rigOf();
      const from = rig.log.length;
      rig.lab.setClockSkew('secondary', 3 * 3_600_000);
      makeChanges(rig, 0);
      await untilLogged(rig, from, 'twin.held', 'targetUnauthorized');
      rig.lab.setClockSkew('secondary', 0);
      expect(await equalAgain(rig)).toEqual({ parked: 0, poison: 0 });
    });

    it('the active one ten minutes ahead and back: changes come out of order, and are repaired by state', async () => {
      const rig = rigOf();
      rig.lab.setClockSkew('primary', 600_000);
      makeChanges(rig, 1);
      await rig.untilEqual();
      rig.lab.setClockSkew('primary', 0);
      const from = rig.log.length;
      makeChanges(rig, 2);
      await untilLogged(rig, from, 'twin.dirty', 'outOfOrder');
      expect(await equalAgain(rig)).toEqual({ parked: 0, poison: 0 });
    });
  });
}
