import { describe, expect, it } from 'vitest';
import { keepWatches } from '../../../src/failover/keeper.js';
import { aClock, aLogger } from '../support/fakes.js';
import { anEngine, aWatchStore } from './fakes.js';
import { first, shows, watching } from './watching.js';

function aKeeper() {
  const hub = watching();
  hub.look(0, shows(first));
  const store = aWatchStore();
  store.put(hub.state());
  const engine = anEngine();
  const clock = aClock('2026-03-01T08:00:00.000Z');
  const logger = aLogger();
  const rounds: string[] = [];
  const upkeep: unknown[] = [];
  const keep = (hubs = ['contoso']) =>
    keepWatches(
      {
        hubs,
        store,
        clock,
        logger,
        staleAfterInMs: 80_000,
        runRound: async (name) => {
          rounds.push(name);
          return { actions: [{ kind: 'upkeep', generation: 1, keys: true }] };
        },
        runUpkeep: async (what) => void upkeep.push(what),
      },
      engine,
    );
  return { store, engine, clock, logger, rounds, upkeep, keep };
}

describe('the keeper', () => {
  it('starts a watch that does not run, and leaves one that does', async () => {
    const { engine, logger, rounds, keep } = aKeeper();
    await keep();
    await keep();
    expect(engine.calls).toEqual(['isRunning contoso', 'start contoso', 'isRunning contoso']);
    expect(logger.events.map(({ id }) => id)).toEqual(['failover.watchStarted']);
    expect(rounds).toEqual([]);
  });

  it('looks itself where a watch runs and has not looked for long', async () => {
    const { engine, clock, rounds, logger, keep } = aKeeper();
    engine.running.add('contoso');
    clock.advance(79_999);
    await keep();
    expect(rounds).toEqual([]);
    clock.advance(1);
    await keep();
    expect(rounds).toEqual(['contoso']);
    expect(logger.events).toEqual([
      { level: 'warn', id: 'failover.watchStale', fields: { hub: 'contoso', ageInMs: 80_000 } },
    ]);
  });

  it('does itself what its round asks for, without the engine', async () => {
    const { engine, clock, upkeep, keep } = aKeeper();
    engine.running.add('contoso');
    await keep();
    expect(upkeep).toEqual([]);
    clock.advance(80_000);
    await keep();
    expect(upkeep).toEqual([{ hub: 'contoso', generation: 1, keys: true }]);
    expect(engine.calls).toEqual(['isRunning contoso', 'isRunning contoso']);
  });

  it('looks itself while the engine is away, also at a hub that was never looked at', async () => {
    const { engine, rounds, keep } = aKeeper();
    engine.away = true;
    await keep(['contoso', 'fabrikam']);
    expect(rounds).toEqual(['fabrikam']);
  });

  it('leaves a new watch the time for its first round', async () => {
    const { engine, rounds, keep } = aKeeper();
    engine.running.add('fabrikam');
    await keep(['fabrikam']);
    expect(rounds).toEqual([]);
  });

  it("is not kept from one hub by another one's trouble", async () => {
    const { store, engine, logger, keep } = aKeeper();
    engine.running.add('contoso');
    store.away = true;
    await keep(['contoso', 'fabrikam']);
    expect(engine.running).toContain('fabrikam');
    expect(logger.events).toContainEqual({
      level: 'warn',
      id: 'failover.watchTrouble',
      fields: { hub: 'contoso', code: 'storageUnavailable' },
    });
  });
});
