import { expect, it } from 'vitest';
import type { Lab } from '../../lab/contracts.js';
import { settingsOf, startRig } from './support/rig.js';

it('hubs that are set by their device hosts are mirrored by their classic hosts; devices are sent to what is set', async () => {
  const settings = (lab: Lab) => {
    const own = settingsOf(lab);
    const byDeviceHost = (name: string) => ({
      [name]: (own[name] ?? '').replace('.azure-devices.', '.device.azure-devices.'),
    });
    return { ...byDeviceHost('PRIMARY_HUB'), ...byDeviceHost('SECONDARY_HUB') };
  };
  await using rig = await startRig({ eventGrid: false, settings });
  rig.lab.addDevices({ hub: 'primary', count: 1, prefix: 'dev' });
  await rig.untilEqual();
  const { name } = rig.lab.hub('primary');
  const answer = await fetch(`${rig.host.url}/api/devices/dev-0001/hub?code=${rig.host.functionKey}`);
  expect(await answer.json()).toMatchObject({
    hub: {
      name,
      hostName: `${name}.device.azure-devices.net`,
      hostNames: { classic: `${name}.azure-devices.net`, device: `${name}.device.azure-devices.net` },
    },
  });
});
