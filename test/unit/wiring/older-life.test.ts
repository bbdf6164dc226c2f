import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/errors.js';
import { firstState } from '../../../src/failover/decide.js';
import type { WatchState } from '../../../src/failover/watch-state.js';
import { olderLifeFinder } from '../../../src/wiring/older-life.js';
import { aClock } from '../support/fakes.js';

const HOUR = 3_600_000;
const endpoint = { hostName: 'ns.servicebus.windows.net', eventHubName: 'north' };

function setUp(more: { isEmpty?: boolean; watch?: WatchState; devices?: string[]; canary?: string } = {}) {
  const clock = aClock();
  const counted: string[] = [];
  const find = olderLifeFinder({
    ledger: { isEmpty: async () => more.isEmpty ?? true },
    watches: { read: async (hub) => (more.watch?.hub === hub ? { state: more.watch, etag: 'e' } : undefined) },
    standby: {
      listDeviceIds: async (top) => {
        counted.push('standby');
        return (more.devices ?? []).slice(0, top);
      },
    },
    hubNames: { primary: 'north', secondary: 'south' },
    clock,
    canaryDeviceId: more.canary,
  });
  return { find, counted, clock };
}
const aWatch = (hub: string): WatchState =>
  firstState(hub, { endpoint, source: 'arm', partitionIds: [] }, aClock().now());

describe('signs of an older life', () => {
  it('none on a fresh installation, whatever devices the primary has', async () => {
    expect(await setUp().find()).toBeUndefined();
  });

  it('copies in the ledger, before any hub is asked', async () => {
    const { find, counted } = setUp({ isEmpty: false, devices: ['d'] });
    expect(await find()).toBe('ledger');
    expect(counted).toEqual([]);
  });

  it('devices on the standby, the canary left aside', async () => {
    expect(await setUp({ devices: ['canary'] }).find()).toBe('standbyHub');
    expect(await setUp({ devices: ['canary'], canary: 'canary' }).find()).toBeUndefined();
    expect(await setUp({ devices: ['canary', 'd'], canary: 'canary' }).find()).toBe('standbyHub');
  });

  it.each(['north', 'south'])('a document of the consumers of %s with a past, not one of this start', async (hub) => {
    const young = setUp({ watch: aWatch(hub) });
    young.clock.advance(HOUR);
    expect(await young.find()).toBeUndefined();
    young.clock.advance(24 * HOUR);
    expect(await young.find()).toBe('consumersDocument');
    const [generation] = aWatch(hub).generations;
    const later = { ...aWatch(hub), generations: generation ? [{ ...generation, number: 2 }] : [] };
    expect(await setUp({ watch: later }).find()).toBe('consumersDocument');
  });

  it('are unknown where one of them cannot be read', async () => {
    const clock = aClock();
    const find = olderLifeFinder({
      ledger: { isEmpty: async () => true },
      watches: { read: async () => undefined },
      standby: {
        listDeviceIds: async () => {
          throw new AppError('hubUnreachable', 'away', { retryable: true });
        },
      },
      hubNames: { primary: 'north', secondary: 'south' },
      clock,
      canaryDeviceId: undefined,
    });
    await expect(find()).rejects.toMatchObject({ code: 'hubUnreachable' });
  });
});
