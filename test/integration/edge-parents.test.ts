import { describe, expect, it, vi } from 'vitest';
import { boundInMs, startRig } from './support/rig.js';
import { syncNow } from './support/sync-now.js';

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');
const sas = (fill: number) => ({
  authentication: { type: 'sas', symmetricKey: { primaryKey: key(fill), secondaryKey: key(fill + 1) } },
});

describe('parents on the standby', () => {
  it("stay as somebody set them there while the source's keys and status are copied, and Edge devices can be deleted", async () => {
    await using rig = await startRig({ settings: { DELETE_GRACE_SECONDS: '3600' } });
    const { lab } = rig;
    const [primary, secondary] = [lab.hub('primary'), lab.hub('secondary')];
    const gateway = { deviceId: 'gw' };
    const leaf = { deviceId: 'leaf' };
    const { deviceScope = '' } = primary.createIdentity(gateway, { capabilities: { iotEdge: true } });
    primary.createIdentity(leaf, { ...sas(1), deviceScope });
    await rig.untilEqual();
    const scopeThere = secondary.getIdentity(gateway).deviceScope ?? '';
    expect(scopeThere).not.toBe(deviceScope);
    expect(secondary.getIdentity(leaf).deviceScope).toBeUndefined();

    const copy = secondary.getIdentity(leaf);
    secondary.updateIdentity(leaf, { authentication: copy.authentication, deviceScope: scopeThere }, '*');
    primary.updateIdentity(leaf, { ...sas(3), deviceScope }, '*');
    expect(await syncNow(rig.host, 'leaf')).toMatchObject({ device: { kind: 'done', did: 'updated' } });
    expect(secondary.getIdentity(leaf)).toMatchObject({
      deviceScope: scopeThere,
      authentication: { symmetricKey: { primaryKey: key(3) } },
    });

    primary.updateIdentity(gateway, { ...sas(5), capabilities: { iotEdge: true }, deviceScope }, '*');
    expect(await syncNow(rig.host, 'gw')).toMatchObject({ device: { kind: 'done', did: 'updated' } });
    expect(secondary.getIdentity(gateway)).toMatchObject({ deviceScope: scopeThere });

    primary.deleteIdentity(gateway, '*');
    await vi.waitFor(() => expect(secondary.getIdentity(gateway).status).toBe('disabled'), { timeout: boundInMs });
    expect(secondary.getIdentity(gateway).deviceScope).toBe(scopeThere);
    expect(rig.log.join('\n')).not.toContain('identity.refused');
  });
});
