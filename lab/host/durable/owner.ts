import type { HostLog } from '../invoke.js';
import { AbandonedError, createActor, type Actor } from './actor.js';
import { isSettled, type InstanceState, type Message, type Outgoing } from './contract.js';
import type { RunOrchestrator } from './episode.js';
import type { InstanceStore, StoredInstance } from './instance-store.js';
import type { Lease } from './lease.js';

interface OwnerOptions {
  store: InstanceStore;
  lease: Lease;
  run: RunOrchestrator;
  send: (from: InstanceState, what: Outgoing) => Promise<void>;
  /** Tells the host that owns the task hub by now of an instance. */
  handOver: (instanceId: string) => Promise<void>;
  log: HostLog;
}

/** The host that runs the orchestrations: holds every running instance in memory. */
export interface Owner {
  readonly active: boolean;
  /** Reads all running instances, and makes writes of an earlier owner fail. */
  takeOver(): Promise<void>;
  stepDown(): void;
  /** Goes on with an instance that is in the store; undefined: nothing is left to do. Rejects with AbandonedError. */
  adopt(instanceId: string, known?: StoredInstance): Promise<Actor | undefined>;
  /** Adopts what nobody runs: made by a host that could not say so. */
  lookAround(): Promise<void>;
  /** Resolves when it is durable, or of no use. Rejects with AbandonedError. */
  submit(message: Message): Promise<void>;
  stateOf(instanceId: string): InstanceState | undefined;
}

const notMine = () => new AbandonedError('Another host owns the task hub.');

export function createOwner({ store, lease, run, send, handOver, log }: OwnerOptions): Owner {
  const actors = new Map<string, Actor>();
  const adopting = new Map<string, Promise<Actor | undefined>>();
  let term: object | undefined;

  const place = (instanceId: string, stored: StoredInstance): Actor => {
    const actor = createActor(stored, {
      store,
      run,
      send,
      log,
      mayWrite: () => lease.confirm(),
      finished: () => actors.delete(instanceId),
      abandoned: (error) => {
        actors.delete(instanceId);
        log(`Durable: '${instanceId}' is read again: ${String(error)}`);
        void again(instanceId);
      },
    });
    actors.set(instanceId, actor);
    actor.wake();
    return actor;
  };

  const load = async (instanceId: string, known?: StoredInstance): Promise<Actor | undefined> => {
    const mine = term;
    if (mine === undefined || !(await lease.confirm())) throw notMine();
    const stored = known ?? (await store.read(instanceId));
    if (stored === undefined || isSettled(stored.state)) return undefined;
    // What this host has just made itself is nobody else's.
    const etag = known === undefined ? await store.fence(instanceId, stored.etag) : stored.etag;
    if (mine !== term) throw notMine();
    return etag === undefined ? load(instanceId) : place(instanceId, { ...stored, etag });
  };

  const adopt = async (instanceId: string, known?: StoredInstance): Promise<Actor | undefined> => {
    const running = actors.get(instanceId) ?? adopting.get(instanceId);
    if (running !== undefined) return running;
    const work = load(instanceId, known).finally(() => adopting.delete(instanceId));
    adopting.set(instanceId, work);
    return work;
  };

  const again = async (instanceId: string): Promise<void> => {
    try {
      if (await lease.renew()) await adopt(instanceId);
      else await handOver(instanceId);
    } catch (error) {
      log(`Durable: '${instanceId}' could not be read again: ${String(error)}`);
    }
  };

  const lookAround = async (): Promise<void> => {
    for (const instanceId of await store.list(true)) await adopt(instanceId);
  };

  return {
    adopt,
    lookAround,
    get active() {
      return term !== undefined;
    },
    async takeOver() {
      term = {};
      log('Durable: this host runs the orchestrations of the task hub');
      await lookAround();
    },
    stepDown() {
      if (term !== undefined) log('Durable: another host runs the orchestrations of the task hub');
      term = undefined;
      for (const actor of actors.values()) actor.stop();
      actors.clear();
    },
    async submit(message) {
      const actor = await adopt(message.instanceId);
      await actor?.submit(message);
    },
    stateOf: (instanceId) => actors.get(instanceId)?.current.state,
  };
}
