import { randomUUID } from 'node:crypto';
import { QueueServiceClient } from '@azure/storage-queue';
import { z } from 'zod';
import type { HostLog } from '../invoke.js';
import { AbandonedError } from './actor.js';
import { newInstance, type NewInstance } from './apply-message.js';
import { isOver, type InstanceState, type Message, type Outgoing, type TaskOutcome } from './contract.js';
import type { RunOrchestrator } from './episode.js';
import { createHubQueue, pollUntil } from './hub-queue.js';
import { createInstanceStore, hubContainer } from './instance-store.js';
import { createLargeMessages } from './large-messages.js';
import { createLease } from './lease.js';
import { createOtherHosts } from './other-hosts.js';
import { createOwner } from './owner.js';
import { patiently } from './patient.js';
import { createWorkItems, type WorkItem } from './work-items.js';

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
const claimInSeconds = 5;
const queueOptions = { retryOptions: { maxTries: 1, tryTimeoutInMs: 10_000 } };

const controlSchema = z.union([z.object({ adopt: z.string() }), z.object({ message: z.custom<Message>() })]);

export function createTaskHub(options: TaskHubOptions): TaskHub {
  const { storage, hubName, log } = options;
  const host = randomUUID();
  const stopper = new AbortController();
  // What is under way may still write while the host stops.
  const ender = new AbortController();
  const container = hubContainer(storage, hubName);
  const queues = QueueServiceClient.fromConnectionString(storage, queueOptions);
  const controlClient = queues.getQueueClient(`${hubName.toLowerCase()}-control`);
  const workItemClient = queues.getQueueClient(`${hubName.toLowerCase()}-workitems`);
  const large = createLargeMessages(container);
  const control = createHubQueue(controlClient, large, ender.signal);
  const store = createInstanceStore(container, host, ender.signal);
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

  const handOver = async (instanceId: string): Promise<void> => {
    await control.send(JSON.stringify({ adopt: instanceId }));
  };

  const create = async (instance: NewInstance): Promise<boolean> => {
    for (;;) {
      const there = await store.read(instance.instanceId);
      if (there !== undefined && !isOver(there.state)) return false;
      const stored = await store.create(newInstance(instance), there?.etag);
      if (stored === undefined) continue;
      if (!(await asOwner(() => owner.adopt(instance.instanceId, stored)))) await handOver(instance.instanceId);
      return true;
    }
  };

  const send = async (from: InstanceState, what: Outgoing): Promise<void> => {
    const address = { instanceId: from.instanceId, executionId: from.executionId };
    if (what.kind === 'message') return deliver(what.message);
    const { taskId, name, input } = what;
    if (what.kind === 'activity') return workItems.dispatch({ ...address, taskId, name, input });
    const parent = { ...address, taskId };
    const made = await create({ instanceId: what.instanceId, name, input, parent });
    if (!made) log(`Durable: a sub-orchestration '${what.instanceId}' is running already and was not started again`);
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
    if (!(await asOwner(() => owner.submit(message)))) await control.send(JSON.stringify({ message }));
  };

  const pollControl = async (): Promise<boolean> => {
    if (!owner.active) return false;
    const claimed = await control.receive(32, claimInSeconds);
    for (const one of claimed) {
      const parsed = controlSchema.parse(JSON.parse(one.text));
      // Another host may own the hub by now: then it gets the message at once.
      const taken = await asOwner(() => ('adopt' in parsed ? owner.adopt(parsed.adopt) : owner.submit(parsed.message)));
      await (taken ? control.drop(one) : control.keep(one, 0));
    }
    return claimed.length > 0;
  };

  const loops: Promise<void>[] = [];
  const poll = (what: string, everyInMs: number, act: () => Promise<boolean>) =>
    pollUntil(stopper.signal, { everyInMs, what, log }, act);

  return {
    create,
    deliver,
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
    async purge(instanceId) {
      const there = await store.read(instanceId);
      return there !== undefined && isOver(there.state) && store.remove(instanceId, there.etag);
    },
  };
}
