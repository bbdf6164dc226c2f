import { describe, expect, it, vi } from 'vitest';
import { boundInMs, startRig } from './support/rig.js';
import {
  createAll,
  deliverInAnyOrder,
  asSecondLives,
  ids,
  isSecondLife,
  liveOn,
  secondLivesOf,
  shuffledRoute,
  watchLives,
} from './support/two-lives.js';

/** Each new life takes the old one's access: more of them than a breaker lets through in an hour. */
const settings = { MASS_CHANGE_LIMIT: '1000' };

describe('an id that is deleted and created again ends as its second life, and is never anything else for a moment', () => {
  it('when the route is late: every patch of the first life comes after the copy of the second', async () => {
    await using rig = await startRig({ settings });
    createAll(rig);
    await rig.untilEqual();
    const watch = watchLives(rig);
    const { id } = rig.lab.addFault({ hub: 'namespace', plane: 'amqp', kind: 'stop' });
    await rig.lab.faultsSettled();
    for (const deviceId of ids) liveOn(rig, deviceId);
    await vi.waitFor(() => expect(ids.filter((deviceId) => !isSecondLife(rig, deviceId))).toEqual([]), {
      timeout: boundInMs,
    });
    rig.lab.removeFault(id);
    expect(await secondLivesOf(rig)).toEqual(asSecondLives);
    expect(watch.stop()).toEqual([]);
  });

  it('when the route tells of it in any order', async () => {
    await using rig = await startRig({ ...shuffledRoute, settings });
    createAll(rig);
    await rig.untilEqual();
    const watch = watchLives(rig);
    await deliverInAnyOrder(rig);
    expect(await secondLivesOf(rig)).toEqual(asSecondLives);
    expect(watch.stop()).toEqual([]);
  });
});
