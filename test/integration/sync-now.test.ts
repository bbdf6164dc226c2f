import { describe, expect, it } from 'vitest';
import { startRig } from './support/rig.js';

describe('POST /api/devices/{deviceId}/sync', () => {
  it('mends a drift that no event tells of, for holders of the key only', async () => {
    await using rig = await startRig({ eventGrid: false });
    const { lab } = rig;
    const [key] = lab.addDevices({ hub: 'primary', count: 1, modules: 1, prefix: 'dev', seed: 41 });
    const deviceId = key?.deviceId ?? 'none';
    await rig.untilEqual();
    lab.hub('secondary').patchTwin({ deviceId }, { tags: { drift: true } });
    const ask = (headers: Record<string, string>) =>
      fetch(`${rig.host.url}/api/devices/${deviceId}/sync`, { method: 'POST', headers });

    expect((await ask({})).status).toBe(401);
    expect(lab.hub('secondary').getTwin({ deviceId }).tags).toHaveProperty('drift');
    const answer = await ask({ 'x-functions-key': rig.host.functionKey });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      deviceId,
      source: 'primary',
      device: { kind: 'done' },
      modules: [{ outcome: { kind: 'done', did: 'unchanged' } }],
    });
    await rig.untilEqual();
  });
});
