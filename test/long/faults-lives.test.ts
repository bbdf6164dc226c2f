import { describe, expect, it } from 'vitest';
import { startRig, webhookOf } from '../integration/support/rig.js';
import {
  createAll,
  deliverInAnyOrder,
  asSecondLives,
  ids,
  liveOn,
  secondLivesOf,
  shuffledRoute,
  watchLives,
} from '../integration/support/two-lives.js';

describe('an id that is deleted and created again ends as its second life, and is never anything else for a moment', () => {
  it('when Event Grid is late: the route has told all before the first hint comes', async () => {
    await using rig = await startRig();
    createAll(rig);
    await rig.untilEqual();
    const watch = watchLives(rig);
    rig.lab.setWebhook(undefined);
    for (const deviceId of ids) liveOn(rig, deviceId);
    // By the route alone: a lifecycle event marks its id, and the mark is worked off by state.
    await rig.untilEqual();
    rig.lab.setWebhook({ url: webhookOf(rig.host) });
    expect(await secondLivesOf(rig)).toEqual(asSecondLives);
    expect(watch.stop()).toEqual([]);
  });

  it('when the route tells of it in any order, and Event Grid of nothing', async () => {
    await using rig = await startRig(shuffledRoute);
    createAll(rig);
    await rig.untilEqual();
    const watch = watchLives(rig);
    rig.lab.setWebhook(undefined);
    await deliverInAnyOrder(rig);
    expect(await secondLivesOf(rig)).toEqual(asSecondLives);
    expect(watch.stop()).toEqual([]);
  });
});
