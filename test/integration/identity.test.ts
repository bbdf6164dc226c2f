import { describe, expect, it } from 'vitest';
import type { Lab } from '../../lab/contracts.js';
import type { HealthReport } from '../../src/health/report.js';
import { startLab } from '../../lab/start-lab.js';
import { boundInMs, healthOf, parkedOf, settingsOf, startChild, untilEqual, webhookOf } from './support/rig.js';

/** Both hubs by their names, one as a managed identity, one by DefaultAzureCredential; no key of theirs anywhere in the settings. */
const byIdentity = (lab: Lab, identityEnv = lab.description.identityEnv): Record<string, string> => ({
  PRIMARY_HUB: '',
  SECONDARY_HUB: '',
  PRIMARY_HUB__hostName: lab.hub('primary').hostName,
  SECONDARY_HUB__hostName: lab.hub('secondary').hostName,
  PRIMARY_HUB__credential: 'managedidentity',
  ...identityEnv,
});

describe('the app with `__hostName` settings and a managed identity', () => {
  it('mirrors creates, changes and deletes', async () => {
    await using lab = await startLab({ eventHubsPort: 0 });
    const more = byIdentity(lab);
    await using app = await startChild(lab, more);
    lab.setWebhook({ url: webhookOf(app) });
    const health = (): Promise<HealthReport> => healthOf(app, settingsOf(lab, more));
    const primary = lab.hub('primary');
    lab.addDevices({ hub: 'primary', count: 3, modules: 1, prefix: 'dev', seed: 1 });
    primary.createIdentity({ deviceId: 'd' }, {});
    primary.patchTwin({ deviceId: 'd' }, { tags: { site: 'x' }, desired: { rate: 5 } });
    primary.patchReported({ deviceId: 'd' }, { up: true });
    await untilEqual(lab, health);
    const twin = lab.hub('secondary').getTwin({ deviceId: 'd' });
    expect(twin).toMatchObject({ tags: { site: 'x' }, desired: { rate: 5 }, reported: { up: true } });
    primary.deleteIdentity({ deviceId: 'd' }, '*');
    await untilEqual(lab, health);
    expect(parkedOf(await health())).toBe(0);
  });

  it('writes nothing while its identity is refused, and everything once it is taken', async () => {
    await using lab = await startLab({ eventHubsPort: 0 });
    const primary = lab.hub('primary');
    primary.createIdentity({ deviceId: 'd' }, {});
    const writes: unknown[] = [];
    lab.hub('secondary').onWrite((write) => writes.push(write));
    // As of an app whose identity the hubs do not know: another laboratory's.
    await using other = await startLab({ eventHubsPort: 0, storage: lab.storage });
    const refused = byIdentity(lab, other.description.identityEnv);
    {
      await using app = await startChild(lab, refused);
      lab.setWebhook({ url: webhookOf(app) });
      primary.createIdentity({ deviceId: 'late' }, {});
      primary.patchTwin({ deviceId: 'd' }, { tags: { site: 'x' } });
      // Put aside for later, because no hub answers.
      const waiting = async () => (await healthOf(app, settingsOf(lab, refused))).retryQueue;
      await expect.poll(waiting, { timeout: boundInMs }).toBeGreaterThan(0);
      expect(writes).toEqual([]);
      expect(primary.limits.metrics().throttles.identity.calls).toBe(0);
    }
    const more = byIdentity(lab);
    await using app = await startChild(lab, more);
    lab.setWebhook({ url: webhookOf(app) });
    await untilEqual(lab, () => healthOf(app, settingsOf(lab, more)));
  });
});
