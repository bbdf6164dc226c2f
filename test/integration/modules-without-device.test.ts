import { describe, expect, it, vi } from 'vitest';
import { boundInMs, startRig } from './support/rig.js';
import { syncNow } from './support/sync-now.js';

const device = { deviceId: 'd' };
const module = { deviceId: 'd', moduleId: 'm' };

describe('modules of a device that is disabled or gone', () => {
  it.each([true, false])('hold nothing up (moduleUnauthorizedWithoutDevice %s)', async (refused) => {
    const unsettled = { moduleUnauthorizedWithoutDevice: refused, moduleDeletesToldWithDevice: 'after' as const };
    await using rig = await startRig({ lab: { unsettled }, settings: { DELETE_GRACE_SECONDS: '2' } });
    const { lab } = rig;
    const [primary, secondary] = [lab.hub('primary'), lab.hub('secondary')];
    primary.createIdentity(device, {});
    primary.createIdentity(module, {});
    await rig.untilEqual();
    const keysOf = (hub: typeof primary) => hub.getIdentity(module).authentication;

    const { authentication } = primary.getIdentity(device);
    primary.updateIdentity(device, { authentication, status: 'disabled' }, '*');
    expect(await syncNow(rig.host, 'd')).toMatchObject({ device: { kind: 'done', did: 'updated' } });
    primary.patchTwin(module, { desired: { rate: 1 } });
    await rig.untilEqual();
    expect(secondary.getTwin(module).desired).toMatchObject({ rate: 1 });

    primary.updateIdentity(module, { authentication: { type: 'sas' } }, '*');
    expect(keysOf(secondary)).not.toEqual(keysOf(primary));
    primary.updateIdentity(device, { authentication, status: 'enabled' }, '*');
    expect(await syncNow(rig.host, 'd')).toMatchObject({ device: { kind: 'done', did: 'updated' } });
    expect(keysOf(secondary)).toEqual(keysOf(primary));

    primary.deleteIdentity(device, '*');
    await vi.waitFor(() => expect(secondary.listDevices()).toEqual([]), { timeout: boundInMs });
    await rig.untilEqual();
    const log = rig.log.join('\n');
    expect(log).not.toContain('hubUnauthorized');
    expect(log).not.toContain('targetUnauthorized');
  });
});
