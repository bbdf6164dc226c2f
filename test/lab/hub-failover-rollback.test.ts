import { describe, expect, it } from 'vitest';
import { createRollBackHooks } from '../../lab/hub-failover/roll-back-hooks.js';
import { aLab } from './a-lab.js';

const minute = 60_000;

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
