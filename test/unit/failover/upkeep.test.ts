import { describe, expect, it } from 'vitest';
import { runUpkeep, type UpkeepOptions } from '../../../src/failover/upkeep.js';
import { aClock, aLogger } from '../support/fakes.js';
import { anArm, aWatchStore } from './fakes.js';
import { first, present, second, shows, watching } from './watching.js';

function anUpkeep(more: Partial<UpkeepOptions> = {}) {
  const hub = watching();
  hub.look(30, shows(first));
  const store = aWatchStore();
  store.put(hub.state());
  const clock = aClock('2026-03-01T08:01:00.000Z');
  const parts = { arm: anArm(), store, clock, logger: aLogger() };
  const options: UpkeepOptions = {
    hub: 'contoso',
    consumerGroups: ['alpha', 'Beta'],
    key: { name: 'service', key: 'c2VjcmV0' },
    timeoutInMs: 10_000,
    ...parts,
    ...more,
  };
  const state = () => present(store.states.get('contoso'), 'a stored state');
  return { ...parts, hub, state, run: (keys = true) => runUpkeep(options, { generation: 1, keys }) };
}

describe('consumer groups', () => {
  it('makes those that are missing and leaves the others alone; then nothing is due for a day', async () => {
    const { arm, run, state, logger } = anUpkeep();
    arm.groups = ['$Default', 'ALPHA'];
    await run();
    expect(arm.created).toEqual(['Beta']);
    expect(state().upkeep).toEqual({
      doneAt: '2026-03-01T08:01:00.000Z',
      tryAt: '2026-03-02T08:01:00.000Z',
      lacks: [],
    });
    expect(logger.events).toContainEqual({
      level: 'info',
      id: 'failover.groupCreated',
      fields: { hub: 'contoso', group: 'Beta' },
    });
  });

  it('makes the others where one is refused, says which it lacks, and stays due', async () => {
    const { arm, run, state } = anUpkeep();
    const { tryAt } = state().upkeep;
    arm.refuses = ['alpha'];
    await run();
    expect(arm.created).toEqual(['Beta']);
    expect(state().upkeep).toEqual({ tryAt, lacks: ['alpha'] });
  });

  it('stays due, and keeps what it knew, while ARM does not answer', async () => {
    const { arm, run, state } = anUpkeep();
    const before = state().upkeep;
    arm.groups = 'armTimeout';
    await run();
    expect(state().upkeep).toEqual(before);
    expect(state().keyState).toBe('valid');
  });

  it('does not end what a stage entered meanwhile has asked for', async () => {
    const { store, clock, arm, hub, run, state } = anUpkeep();
    arm.listConsumerGroups = async () => {
      clock.advance(5_000);
      hub.look(62, shows(first, { active: false }));
      hub.look(64, shows(first));
      store.put(hub.state());
      return ['alpha', 'Beta'];
    };
    await run();
    expect(state()).toMatchObject({ stage: 'steady', upkeep: { lacks: [] } });
    expect(state().upkeep.doneAt).toBeUndefined();
  });
});

describe('the configured key', () => {
  it('is stale when no policy has it any more: that is an alarm, and is not the key itself', async () => {
    const { arm, run, state, logger } = anUpkeep();
    arm.key = 'stale';
    await run();
    expect(state().keyState).toBe('stale');
    expect(logger.events).toContainEqual({
      level: 'error',
      id: 'failover.keyStale',
      fields: { hub: 'contoso', policy: 'service' },
    });
    expect(JSON.stringify([state(), logger.events])).not.toContain('c2VjcmV0');
  });

  it('keeps its last verdict while ARM does not answer', async () => {
    const { arm, run, state } = anUpkeep();
    await run();
    arm.key = 'armUnavailable';
    await run();
    expect(state().keyState).toBe('valid');
  });

  it('is not asked for during a failover, and is unknown without one', async () => {
    const during = anUpkeep();
    during.arm.key = 'stale';
    await during.run(false);
    expect(during.state().keyState).toBe('unknown');
    const without = anUpkeep({ key: undefined });
    await without.run();
    expect(without.state()).toMatchObject({ keyState: 'unknown', upkeep: { lacks: [], doneAt: expect.any(String) } });
  });
});

describe('when upkeep is due', () => {
  it('at once, then again each interval until it is done', () => {
    const hub = watching();
    expect(hub.look(30, shows(first)).actions).toHaveLength(1);
    expect(hub.look(59, shows(first)).actions).toEqual([]);
    expect(hub.look(60, shows(first)).actions).toHaveLength(1);
  });

  it('not while a failover only began; with each new generation, without keys; and after it was verified, with keys', () => {
    const hub = watching();
    const away = (endpoint = first) => shows(endpoint, { active: false });
    expect(hub.look(30, away()).actions).toEqual([]);
    expect(hub.look(35, away(second)).actions).toEqual([{ kind: 'upkeep', generation: 2, keys: false }]);
    expect(hub.look(38, shows(second)).actions).toEqual([{ kind: 'upkeep', generation: 2, keys: false }]);
    hub.tell({
      consumer: 'c',
      generation: 2,
      partitions: [{ partitionId: '0', sequenceNumber: 1, enqueuedAt: hub.state().since, toldAt: hub.state().since }],
    });
    expect(hub.look(39, shows(second)).actions).toEqual([{ kind: 'upkeep', generation: 2, keys: true }]);
  });
});
