import { describe, expect, it } from 'vitest';
import { createHubFailover } from '../../lab/hub-failover/machine.js';
import { createRollBackHooks } from '../../lab/hub-failover/roll-back-hooks.js';
import { createHubCore } from '../../lab/hub/core/hub-core.js';
import { createJournal, type Journal } from '../../lab/rollback/journal.js';
import { aLab } from './a-lab.js';
import { createManualTimers } from './support/manual-timers.js';

const minute = 60_000;

/** A hub whose journal, failovers and rollbacks go by one clock. */
const aHubWithJournal = () => {
  const timers = createManualTimers();
  const now = () => timers.now().getTime();
  let journal: Journal | undefined;
  const core = createHubCore({
    role: 'primary',
    hostName: 'p-test.azure-devices.net',
    watch: (state) => (journal = createJournal(state, now)),
  });
  const failover = createHubFailover({
    hubName: core.name,
    regions: ['West Europe', 'North Europe'],
    partitions: 2,
    defaults: { timeScale: 1 },
    journal: true,
    log: (line) => expect.fail(line),
    now: timers.now,
    timers,
  });
  failover.obey(createRollBackHooks((minutes) => journal?.rollBack(minutes), now));
  return { core, failover, timers };
};

describe('what the paired region begins with', () => {
  it.each([
    ['as old as was asked for, counted from when forwarding stopped', 2, 6, [8]],
    ['what there was, unless something else is asked for', 0, 6, []],
    ['at most an hour old, which the journal keeps', 5, 58, [60]],
  ])('is %s', (_what, rollBackMinutes, minutesUntilActive, asked) => {
    let now = 0;
    const rolled: number[] = [];
    const hooks = createRollBackHooks(
      (minutes) => void rolled.push(minutes),
      () => now,
    );
    hooks.forwardingStopped?.({ blackHoled: false, rollBackMinutes });
    now += minutesUntilActive * minute;
    expect(rolled).toEqual([]);
    hooks.active?.();
    expect(rolled).toEqual(asked);
  });

  it.each([
    [0, ['before']],
    [5, []],
  ])('is older by %d minutes in a laboratory with a journal', async (rollBackMinutes, ids) => {
    await using lab = await aLab({ journal: true, hubFailover: { timeScale: 0.0002 } });
    for (const role of ['primary', 'secondary'] as const) lab.hub(role).createIdentity({ deviceId: 'before' }, {});
    await lab.failover('primary').start(undefined, { rollBackMinutes }).done;
    const idsOf = (role: 'primary' | 'secondary') =>
      lab
        .hub(role)
        .listDevices()
        .map(({ deviceId }) => deviceId);
    expect(idsOf('primary')).toEqual(ids);
    expect(idsOf('secondary')).toEqual(['before']);
  });

  it('has the changes that are older than that, of twins too, and none of the later ones', () => {
    const { core, failover, timers } = aHubWithJournal();
    const [kept, late] = [{ deviceId: 'kept' }, { deviceId: 'late' }];
    core.createIdentity(kept, {});
    timers.advanceTo(10 * minute);
    // Forwarding stops 123 s later: the cutoff of two minutes is 3 s after the start.
    const start = timers.now().getTime();
    failover.start(undefined, { rollBackMinutes: 2 });
    timers.advanceTo(start + 2_900);
    core.patchTwin(kept, { tags: { n: 1 }, desired: { speed: 1 } });
    core.patchReported(kept, { speed: 1 });
    const asOfThen = core.getTwin(kept);
    timers.advanceTo(start + 3_100);
    core.patchTwin(kept, { tags: { n: 2 }, desired: { speed: 2 } });
    core.patchReported(kept, { speed: 2 });
    core.createIdentity(late, {});
    timers.advanceTo(start + 482_999);
    expect(core.getTwin(kept)).toMatchObject({ tags: { n: 2 } });
    timers.advanceTo(start + 552_000);
    expect(core.getTwin(kept)).toEqual(asOfThen);
    expect(asOfThen).toMatchObject({ tags: { n: 1 }, desired: { speed: 1 }, reported: { speed: 1 } });
    expect(core.listDevices().map(({ deviceId }) => deviceId)).toEqual(['kept']);
  });

  it('cannot be older in a laboratory without one, which does not start', async () => {
    await expect(aLab({ hubFailover: { rollBackMinutes: 1 } })).rejects.toMatchObject({ code: 'noJournal' });
    await expect(aLab({ hubFailover: { secondary: { rollBackMinutes: 1 } } })).rejects.toMatchObject({
      code: 'noJournal',
    });
  });

  it('is chosen for one hub or for both', async () => {
    await using lab = await aLab({
      hubFailover: { primary: { interimState: 'Moving', timeScale: 0.0002 } },
      builtInPartitions: 3,
    });
    const operations = (['primary', 'secondary'] as const).map((role) => lab.failover(role).start());
    expect(operations.map(({ options }) => options.interimState)).toEqual(['Moving', 'FailingOver']);
    expect(lab.failover('secondary').endpoint.partitionIds).toEqual(['0', '1', '2']);
    await operations[0]?.done;
  });
});
