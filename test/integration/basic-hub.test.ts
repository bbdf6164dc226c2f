import { describe, expect, it, vi } from 'vitest';
import { boundInMs, startRig } from './support/rig.js';
import { syncNow } from './support/sync-now.js';

describe('a Basic hub', () => {
  it.each(['primary', 'secondary'] as const)(
    'as %s is named as such, and nothing looks like missing rights',
    async (role) => {
      await using rig = await startRig({ lab: { editions: { [role]: 'basic' } } });
      const { lab } = rig;
      lab.hub('primary').createIdentity({ deviceId: 'd' }, {});
      await vi.waitFor(async () => expect((await rig.health()).hubProblems).toEqual({ [role]: 'tierNotSupported' }), {
        timeout: boundInMs,
      });
      expect((await rig.health()).ok).toBe(false);
      expect(await syncNow(rig.host, 'd')).toMatchObject({ device: { kind: 'queued', reason: 'tierNotSupported' } });
      const log = rig.log.join('\n');
      expect(log.match(/hub.notSupported/g)).toHaveLength(1);
      expect(log).not.toMatch(/hubUnauthorized|targetUnauthorized/);
    },
  );
});
