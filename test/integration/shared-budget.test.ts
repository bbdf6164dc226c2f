import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStorage } from '../../src/azure/storage/storage.js';
import { systemClock } from '../../src/azure/system-clock.js';
import { createInstanceBudget } from '../../src/pacing/instance-budget.js';
import { startAzurite, type Azurite } from '../../lab/azurite/azurite.js';

const intervalInMs = 300;
let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
});
afterAll(() => azurite.close());

/** Each with clients of its own, as two processes have. */
const openStore = () =>
  createStorage(
    { kind: 'connectionString', value: azurite.connectionString },
    { hubNames: { primary: 'P-hub', secondary: 'S-hub' } },
  );
const start = (instanceId: string, weight: number) =>
  createInstanceBudget({
    hub: 'secondary',
    instanceId,
    store: openStore().budgets,
    clock: systemClock,
    messagesPerDay: 1000,
    countPartitions: () => weight,
    intervalInMs,
  });

describe('two instances on one storage account', () => {
  it("split the standby's budgets, never pass the day's limit together, and one takes all when the other is gone", async () => {
    const [a, b] = [start('a', 3), start('b', 1)];
    const used = { a: 0, b: 0 };
    const spend = async (name: 'a' | 'b', atMost = 10_000) => {
      for (let i = 0; i < atMost && (await (name === 'a' ? a : b).take(1)); i += 1) used[name] += 1;
    };
    expect(await a.parts()).toEqual({ twin: 1, identity: 1 });
    // The second takes its part when the first has had time to see it.
    const joined = b.parts();
    await spend('a', 200);
    const keepAsking = (async () => {
      for (let i = 0; i < 10; i += 1) {
        await a.parts();
        await systemClock.sleep(intervalInMs / 4);
      }
    })();
    expect(await joined).toEqual({ twin: 0.25, identity: 0.5 });
    expect(await a.parts()).toEqual({ twin: 0.75, identity: 0.5 });
    await keepAsking;
    await spend('b', 100);
    expect(used.b).toBe(100);

    // Both go to the end of what they may, then look at once: whichever of the two is read too early, it is not too much.
    for (let round = 0; round < 20; round += 1) {
      await Promise.all([a.flush(), b.flush()]);
      await Promise.all([spend('a'), spend('b')]);
      expect(used.a + used.b).toBeLessThanOrEqual(1000);
    }
    expect(used.a + used.b).toBeGreaterThan(990);

    const limit = performance.now() + 10_000;
    while ((await a.parts()).twin < 1 && performance.now() < limit) await systemClock.sleep(intervalInMs / 4);
    expect(await a.parts()).toEqual({ twin: 1, identity: 1 });
  });

  it('forget rows of days past, and count neither them nor other partitions of the table as dirty', async () => {
    const storage = openStore();
    const row = (instanceId: string, ageInMs: number) => {
      const at = new Date(Date.now() - ageInMs);
      return { instanceId, beat: 1, at, day: at.toISOString().slice(0, 10), used: 7, upTo: 9, weight: 1 };
    };
    await storage.budgets.report('primary', row('old', 3 * 86_400_000));
    await storage.budgets.report('primary', row('yesterday', 86_400_000));
    const seen = await storage.budgets.report('primary', row('now', 0));
    expect(seen.map(({ instanceId }) => instanceId).toSorted()).toEqual(['now', 'yesterday']);
    expect(seen).toContainEqual(expect.objectContaining({ instanceId: 'now', used: 7, upTo: 9, weight: 1 }));
    expect(await storage.ledger.countDirty()).toBe(0);
  });
});
