import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { newInstance } from '../../../lab/host/durable/apply-message.js';
import { createInstanceStore, hubContainer } from '../../../lab/host/durable/instance-store.js';
import { createLease, type Lease } from '../../../lab/host/durable/lease.js';
import { createOwner } from '../../../lab/host/durable/owner.js';
import { aHubName } from './support/durable-app.js';

const quiet = () => undefined;

describe('the owner of a task hub', () => {
  let storage: Azurite;
  const running = new AbortController();
  const aContainer = async () => {
    const container = hubContainer(storage.connectionString, aHubName());
    await container.createIfNotExists();
    return container;
  };
  const leaseOf = (container: Awaited<ReturnType<typeof aContainer>>, owner: string, expiryInMs: number): Lease =>
    createLease({ container, owner, expiryInMs, signal: running.signal, log: quiet });

  beforeAll(async () => {
    storage = await startAzurite();
  });
  afterAll(async () => {
    running.abort();
    await storage?.close();
  });

  it('refuses a message when it is not the owner any more, so that it is sent to the new one', async () => {
    const container = await aContainer();
    const store = createInstanceStore(container, 'one', running.signal);
    let confirmed = true;
    const lease: Lease = {
      run: () => Promise.resolve(),
      confirm: () => Promise.resolve(confirmed),
      renew: () => Promise.resolve(confirmed),
      release: () => Promise.resolve(),
    };
    const owner = createOwner({
      store,
      lease,
      log: quiet,
      send: () => Promise.resolve(),
      handOver: () => Promise.resolve(),
      run: () => Promise.resolve({ isDone: false, actions: [[{ actionType: 6, externalEventName: 'end' }]] }),
    });
    const message = { id: 'm', instanceId: 'i', kind: 'event', name: 'end', input: '1' } as const;
    const refused = expect.objectContaining({ code: 'durable.abandoned', retryable: true }) as Error;
    await expect(owner.submit(message)).rejects.toEqual(refused);
    await owner.takeOver();
    confirmed = false;
    await store.create(newInstance({ instanceId: 'i', name: 'waits', input: undefined }));
    await expect(owner.submit(message)).rejects.toEqual(refused);
    confirmed = true;
    await owner.submit(message);
    expect((await store.read('i'))?.state.seen).toContain('m');
  });

  it('heeds a message once, however often it comes', async () => {
    const store = createInstanceStore(await aContainer(), 'one', running.signal);
    const lease = { run: async () => {}, confirm: async () => true, renew: async () => true, release: async () => {} };
    const owner = createOwner({
      store,
      lease,
      log: quiet,
      send: () => Promise.resolve(),
      handOver: () => Promise.resolve(),
      run: () => Promise.resolve({ isDone: false, actions: [[{ actionType: 6, externalEventName: 'end' }]] }),
    });
    await store.create(newInstance({ instanceId: 'i', name: 'waits', input: undefined }));
    await owner.takeOver();
    const message = { id: 'm', instanceId: 'i', kind: 'event', name: 'other', input: '1' } as const;
    await Promise.all([owner.submit(message), owner.submit(message)]);
    await owner.submit(message);
    const raised = (await store.read('i'))?.state.history.filter(({ Name }) => Name === 'other');
    expect(raised).toHaveLength(1);
  });

  it('says that a message is taken in only when it cannot be lost any more', async () => {
    const stored = createInstanceStore(await aContainer(), 'one', running.signal);
    const asked = Promise.withResolvers<void>();
    const may = Promise.withResolvers<void>();
    let held = false;
    const write: typeof stored.write = async (state, etag) => {
      if (held) {
        asked.resolve();
        await may.promise;
      }
      return stored.write(state, etag);
    };
    const owner = createOwner({
      store: { ...stored, write },
      lease: { run: async () => {}, confirm: async () => true, renew: async () => true, release: async () => {} },
      log: quiet,
      send: () => Promise.resolve(),
      handOver: () => Promise.resolve(),
      run: () => Promise.resolve({ isDone: false, actions: [[{ actionType: 6, externalEventName: 'end' }]] }),
    });
    await stored.create(newInstance({ instanceId: 'i', name: 'waits', input: undefined }));
    await owner.takeOver();
    await expect.poll(async () => (await stored.read('i'))?.state.inbox).toEqual([]);
    held = true;
    let taken = false;
    const submitted = owner
      .submit({ id: 'm', instanceId: 'i', kind: 'event', name: 'other', input: '1' })
      .then(() => (taken = true));
    await asked.promise;
    // Whatever did not wait for the write has come to its end by then.
    await new Promise((turn) => setImmediate(turn));
    expect(taken).toBe(false);
    may.resolve();
    await submitted;
    expect((await stored.read('i'))?.state.seen).toContain('m');
  });

  it('writes nothing over what another host has fenced', async () => {
    const container = await aContainer();
    const one = createInstanceStore(container, 'one', running.signal);
    const other = createInstanceStore(container, 'other', running.signal);
    const mine = await one.create(newInstance({ instanceId: 'i', name: 'waits', input: undefined }));
    const etag = await other.fence('i', mine!.etag);
    expect(await one.write(mine!.state, mine!.etag)).toBeUndefined();
    expect(await other.write(mine!.state, etag!)).toMatchObject({ state: { writer: 'other' } });
  });

  it('changes when the lease has expired, and the old one is told at its next look', async () => {
    const container = await aContainer();
    const told: string[] = [];
    const first = leaseOf(container, 'first', 300);
    const frozen = new AbortController();
    const early = createLease({ container, owner: 'early', expiryInMs: 300, signal: frozen.signal, log: quiet });
    const got = Promise.withResolvers<void>();
    void early.run(
      () => Promise.resolve(got.resolve()),
      () => told.push('early lost it'),
    );
    await got.promise;
    expect(await early.confirm()).toBe(true);
    // As if it did not run any more.
    frozen.abort();
    const taken = Promise.withResolvers<void>();
    const begin = performance.now();
    void first.run(() => Promise.resolve(taken.resolve()), quiet);
    await taken.promise;
    expect(performance.now() - begin).toBeLessThan(5_000);
    await delay(300);
    expect(await early.confirm()).toBe(false);
    expect(told).toEqual(['early lost it']);
  });
});
