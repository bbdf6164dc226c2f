import { describe, expect, it } from 'vitest';
import { createHubCore } from '../../lab/hub/core/hub-core.js';
import type { HubState } from '../../lab/hub/core/hub-state.js';
import { createJournal, type Journal } from '../../lab/rollback/journal.js';
import { aLab, registryOf } from './a-lab.js';

const minute = 60_000;
const aHub = () => {
  let now = 0;
  let journal: Journal | undefined;
  const core = createHubCore({
    role: 'secondary',
    hostName: 's-test.azure-devices.net',
    watch: (state: HubState) => (journal = createJournal(state, () => now)),
  });
  return {
    core,
    pass: (minutes: number) => (now += minutes * minute),
    back: (minutes: number) => journal?.rollBack(minutes),
  };
};
const [kept, made, gone] = [{ deviceId: 'kept' }, { deviceId: 'made' }, { deviceId: 'gone' }];

describe('rollback of a hub', () => {
  it('puts identities and twins back, versions and ETags too, without an event', () => {
    const { core, pass, back } = aHub();
    core.createIdentity(kept, {});
    core.createIdentity({ ...kept, moduleId: 'first' }, {});
    core.createIdentity(gone, {});
    core.patchTwin(kept, { tags: { n: 1 }, desired: { a: { b: 1 } } });
    const before = core.snapshot().map(({ identity, twin }) => ({ identity, twin }));
    pass(10);
    core.patchTwin(kept, { tags: { n: 2 }, desired: { a: null } });
    core.patchReported(kept, { r: 1 });
    core.updateIdentity(kept, { status: 'disabled' }, '*');
    core.createIdentity({ ...kept, moduleId: 'second' }, {});
    core.deleteIdentity({ ...kept, moduleId: 'first' }, '*');
    core.createIdentity(made, {});
    core.deleteIdentity(gone, '*');
    core.createIdentity(gone, {});
    const messages: unknown[] = [];
    core.onMessage((message) => messages.push(message));
    core.onLifecycle((notice) => messages.push(notice));
    back(5);
    const byId = (left: (typeof before)[number], right: (typeof before)[number]) =>
      left.identity.deviceId.localeCompare(right.identity.deviceId);
    expect(core.snapshot().sort(byId)).toEqual(before.sort(byId));
    expect(messages).toEqual([]);
  });

  it('goes on from there: later writes count from the old versions, and can be rolled back again', () => {
    const { core, pass, back } = aHub();
    core.createIdentity(kept, {});
    const { version } = core.patchTwin(kept, { tags: { n: 1 } });
    pass(10);
    core.patchTwin(kept, { tags: { n: 2 } });
    back(5);
    pass(10);
    expect(core.patchTwin(kept, { tags: { n: 3 } })).toMatchObject({ version: version + 1, tags: { n: 3 } });
    back(5);
    expect(core.getTwin(kept)).toMatchObject({ version, tags: { n: 1 } });
    back(60);
    expect(core.listDevices()).toEqual([]);
  });

  it('cuts the connections of every device', () => {
    const { core, back } = aHub();
    core.createIdentity(kept, {});
    core.createIdentity({ ...kept, moduleId: 'm' }, {});
    const revoked = new Set<string>();
    core.onRevoked((key) => revoked.add(`${key.deviceId}/${key.moduleId ?? ''}`));
    back(0.001);
    expect([...revoked].sort()).toEqual(['kept/', 'kept/m']);
  });
});

it('a laboratory rolls back over HTTP, and only with its journal', async () => {
  const lab = await aLab({ journal: true });
  const without = await aLab();
  const roll = (of: typeof lab) =>
    fetch(`${of.controlUrl}/lab/rollback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ hub: 'secondary', minutes: 1 }),
    });
  await registryOf(lab, 'secondary').create({ deviceId: 'new' });
  expect((await roll(lab)).status).toBe(204);
  expect((await registryOf(lab, 'secondary').list()).responseBody).toEqual([]);
  expect((await roll(without)).status).toBe(409);
  await lab.close();
  await without.close();
});
