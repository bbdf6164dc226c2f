import { randomUUID } from 'node:crypto';
import { QueueServiceClient } from '@azure/storage-queue';
import type { HostLog } from '../invoke.js';
import { AbandonedError } from './actor.js';
import type { NewInstance } from './apply-message.js';
import type { InstanceState, Message, Outgoing, TaskOutcome } from './contract.js';
import { createControlQueue } from './control-queue.js';
import type { RunOrchestrator } from './episode.js';
import { createHubQueue, pollUntil } from './hub-queue.js';
import { createInstanceStore, hubContainer } from './instance-store.js';
import { createInstances, type Made } from './instances.js';
import { createLargeMessages } from './large-messages.js';
import { createLease } from './lease.js';
import { createOtherHosts } from './other-hosts.js';
import { createOwner } from './owner.js';
import { patiently } from './patient.js';
import { createWorkItems, type WorkItem } from './work-items.js';
import { openConnection } from '../settings.js';

export interface TaskHubOptions {
  /** Connection string of AzureWebJobsStorage. */
  storage: string;
  hubName: string;
  workItemVisibilityInMs: number;
  maxConcurrentActivities: number;
  /** After which the orchestrations of a dead host go on elsewhere. */
  leaseExpiryInMs: number;
  stopLimitInMs: number;
  runOrchestrator: RunOrchestrator;
  runActivity(item: WorkItem): Promise<TaskOutcome>;
  log: HostLog;
}

/**
 * A task hub in Azure Storage, shared by any number of hosts: one of them runs the orchestrations, all of them run activities.
 * While storage is away everything waits.
 */
export interface TaskHub {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** False: an instance of that id is running. Resolves when it cannot be lost any more. */
  create(instance: NewInstance): Promise<boolean>;
  /** Resolves when it cannot be lost any more. */
  deliver(message: Message): Promise<void>;
  read(instanceId: string): Promise<InstanceState | undefined>;
  list(): Promise<InstanceState[]>;
  /** False: there is no such instance, or it is running. */
  purge(instanceId: string): Promise<boolean>;
}

const pollInMs = 150;
const lookAroundInMs = 5_000;
const queueOptions = { retryOptions: { maxTries: 1, tryTimeoutInMs: 10_000 } };

export function createTaskHub(options: TaskHubOptions): TaskHub {
  const { storage, hubName, log } = options;
  const host = randomUUID();
  const stopper = new AbortController();
  // What is under way may still write while the host stops.
  const ender = new AbortController();
  const container = hubContainer(storage, hubName);
  const queues = openConnection('AzureWebJobsStorage', () =>
    QueueServiceClient.fromConnectionString(storage, queueOptions),
  );
  const controlClient = queues.getQueueClient(`${hubName.toLowerCase()}-control`);
  const workItemClient = queues.getQueueClient(`${hubName.toLowerCase()}-workitems`);
  const large = createLargeMessages(container);
  const control = createControlQueue(createHubQueue(controlClient, large, ender.signal));
  const store = createInstanceStore(container, host, ender.signal);
  const instances = createInstances(store, ender.signal);
  const lease = createLease({
    container,
    log,
    owner: host,
    expiryInMs: options.leaseExpiryInMs,
    signal: stopper.signal,
  });
  const others = createOtherHosts({ container, host, expiryInMs: options.leaseExpiryInMs });
  const workItems = createWorkItems({
    queue: createHubQueue(workItemClient, large, ender.signal),
    visibilityInMs: options.workItemVisibilityInMs,
    maxConcurrent: options.maxConcurrentActivities,
    isShared: () => others.known,
    run: (item) => options.runActivity(item),
    done: ({ instanceId, executionId, taskId }, outcome) =>
      deliver({ id: `${executionId}:${taskId}:done`, instanceId, kind: 'taskDone', executionId, taskId, outcome }),
    signal: stopper.signal,
    log,
  });

  const handOver = (instanceId: string): Promise<void> => control.send({ adopt: instanceId });

  const make = async (instance: NewInstance): Promise<Made> => {
    const made = await instances.make(instance);
    if (made.outcome !== 'made') return made;
    const { instanceId } = instance;
    if (!(await asOwner(() => owner.adopt(instanceId, made.stored)))) await handOver(instanceId);
    return made;
  };

  const send = async (from: InstanceState, what: Outgoing): Promise<void> => {
    if (what.kind === 'message') return deliver(what.message);
    const { executionId, taskId, name, input } = what;
    const task = { instanceId: from.instanceId, executionId, taskId };
    if (what.kind === 'activity') return workItems.dispatch({ ...task, name, input });
    const { outcome } = await make({ instanceId: what.instanceId, name, input, parent: task });
    if (outcome === 'running') {
      log(`Durable: a sub-orchestration '${what.instanceId}' is running already and was not started again`);
    }
  };

  const owner = createOwner({ store, lease, log, send, handOver, run: options.runOrchestrator });

  /** Repeats what only the owner of the task hub can do; false: that is another host. */
  const asOwner = async (act: () => Promise<unknown>): Promise<boolean> => {
    while (owner.active) {
      try {
        await act();
        return true;
      } catch (error) {
        if (!(error instanceof AbandonedError)) throw error;
      }
    }
    return false;
  };

  const deliver = async (message: Message): Promise<void> => {
    if (!(await asOwner(() => owner.submit(message)))) await control.send({ message });
  };

  const pollControl = async (): Promise<boolean> =>
    owner.active &&
    control.poll((what) => asOwner(() => ('adopt' in what ? owner.adopt(what.adopt) : owner.submit(what.message))));

  const loops: Promise<void>[] = [];
  const poll = (what: string, everyInMs: number, act: () => Promise<boolean>) =>
    pollUntil(stopper.signal, { everyInMs, what, log }, act);

  return {
    create: async (instance) => (await make(instance)).outcome === 'made',
    deliver,
    purge: (instanceId) => instances.purge(instanceId),
    async start() {
      await patiently(() => container.createIfNotExists(), stopper.signal);
      for (const queue of [controlClient, workItemClient]) {
        await patiently(() => queue.createIfNotExists(), stopper.signal);
      }
      loops.push(
        lease.run(
          () => owner.takeOver(),
          () => owner.stepDown(),
        ),
        poll('the control queue', pollInMs, pollControl),
        poll('the list of instances', lookAroundInMs, async () => {
          if (owner.active) await owner.lookAround();
          return false;
        }),
        poll('the list of hosts', options.leaseExpiryInMs / 2, async () => {
          await others.look();
          return false;
        }),
        workItems.poll(),
      );
    },
    async stop() {
      stopper.abort();
      if (!(await workItems.drained(options.stopLimitInMs))) log('Durable: activities still ran when the host stopped');
      owner.stepDown();
      ender.abort();
      await Promise.all(loops);
      await others
        .leave()
        .catch((error: unknown) => log(`Durable: a host stays in the list for a while: ${String(error)}`));
      await lease.release().catch((error: unknown) => log(`Durable: the lease was not given back: ${String(error)}`));
    },
    read: async (instanceId) => owner.stateOf(instanceId) ?? (await store.read(instanceId))?.state,
    async list() {
      const ids = await store.list(false);
      const states = await Promise.all(ids.map(async (id) => (await store.read(id))?.state));
      return states.filter((state) => state !== undefined);
    },
  };
}
