import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { newInstance } from '../../../lab/host/durable/apply-message.js';
import type { InstanceState, Outgoing, TaskAddress } from '../../../lab/host/durable/contract.js';
import { createInstanceStore, hubContainer, type InstanceStore } from '../../../lab/host/durable/instance-store.js';
import { createTaskHub, type TaskHub } from '../../../lab/host/durable/task-hub.js';
import { aHubName } from './support/durable-app.js';

// Task hubs as a killed host leaves them: what it had written is there, and nothing of what it was about to do.
describe('what a killed host has left', () => {
  let storage: Azurite;
  let hubName: string;
  let store: InstanceStore;
  let hub: TaskHub | undefined;
  /** Names and instance ids of the orchestrations that were run, and those of the activities. */
  let ran: string[];
  let lines: string[];
  const ender = new AbortController();

  const start = async (): Promise<TaskHub> => {
    hub = createTaskHub({
      storage: storage.connectionString,
      hubName,
      workItemVisibilityInMs: 1_000,
      maxConcurrentActivities: 10,
      leaseExpiryInMs: 500,
      stopLimitInMs: 1_000,
      log: (line) => lines.push(line),
      runActivity: ({ name, executionId, taskId }) => {
        ran.push(`${name} of ${executionId}:${taskId}`);
        return Promise.resolve({ result: '1' });
      },
      runOrchestrator: ({ name, instanceId }) => {
        ran.push(`${name} ${instanceId}`);
        const waits = { actionType: 6, externalEventName: 'end' };
        return Promise.resolve({ isDone: name === 'child', actions: [name === 'child' ? [] : [waits]] });
      },
    });
    await hub.start();
    return hub;
  };
  const put = async (state: InstanceState): Promise<InstanceState> => (await store.create(state))!.state;
  /** An instance in the midst of its work, with this left to send. */
  const aParent = (outbox: Outgoing[]): InstanceState => ({
    ...newInstance({ instanceId: 'parent', name: 'parent', input: undefined }),
    status: 'Running',
    inbox: [],
    outbox,
  });
  const aChild = (parent?: TaskAddress): InstanceState =>
    newInstance({ instanceId: 'child-1', name: 'child', input: undefined, parent });
  const asks = (executionId: string): Outgoing => ({
    id: `${executionId}:0`,
    kind: 'start',
    executionId,
    taskId: 0,
    instanceId: 'child-1',
    name: 'child',
    input: undefined,
  });
  const told = (executionId: string): Outgoing => ({
    id: 'told',
    kind: 'message',
    message: { id: 'end', instanceId: 'parent', kind: 'subDone', executionId, taskId: 0, outcome: { result: '1' } },
  });
  const outbox = async (instanceId: string): Promise<Outgoing[] | undefined> =>
    (await store.read(instanceId))?.state.outbox;
  const sentAll = async (instanceId: string): Promise<void> => {
    await expect.poll(() => outbox(instanceId), { timeout: 10_000 }).toEqual([]);
  };

  beforeAll(async () => {
    storage = await startAzurite();
  });
  beforeEach(async () => {
    [ran, lines, hubName] = [[], [], aHubName()];
    const container = hubContainer(storage.connectionString, hubName);
    await container.createIfNotExists();
    store = createInstanceStore(container, 'a dead host', ender.signal);
  });
  afterEach(async () => {
    await hub?.stop();
    hub = undefined;
  });
  afterAll(async () => {
    ender.abort();
    await storage?.close();
  });

  const aPair = async (child: Partial<InstanceState>): Promise<{ parent: InstanceState; child: InstanceState }> => {
    const { executionId } = aParent([]);
    const parent = await put({ ...aParent([asks(executionId)]), executionId });
    const address = { instanceId: 'parent', executionId, taskId: 0 };
    return { parent, child: await put({ ...aChild(address), ...child }) };
  };

  it('a child that was made, ran and ended is not run again', async () => {
    const { child } = await aPair({ status: 'Completed', inbox: [] });
    await start();
    await sentAll('parent');
    expect((await store.read('child-1'))?.state).toEqual(child);
    expect(ran).toEqual([]);
  });

  it('a child that was made and has not run yet is run once', async () => {
    const { child } = await aPair({});
    await start();
    await sentAll('parent');
    await expect.poll(() => store.read('child-1')).toMatchObject({ state: { status: 'Completed' } });
    expect((await store.read('child-1'))?.state.executionId).toBe(child.executionId);
    expect(ran.filter((one) => one === 'child child-1')).toHaveLength(1);
  });

  it('a child of an earlier task of the same id is over: it is made anew', async () => {
    const { parent, child } = await aPair({ status: 'Completed', inbox: [] });
    const earlier = { instanceId: 'parent', executionId: parent.executionId, taskId: 7 };
    const there = await store.read('child-1');
    await store.write({ ...child, parent: earlier }, there!.etag);
    await start();
    await sentAll('parent');
    const made = (await store.read('child-1'))!.state;
    expect(made.parent).toMatchObject({ taskId: 0 });
    expect(made.executionId).not.toBe(child.executionId);
  });

  it('what is over is replaced only when it has told its parent', async () => {
    const parent = await put(aParent([]));
    const address = { instanceId: 'parent', executionId: parent.executionId, taskId: 0 };
    const over = { status: 'Completed' as const, inbox: [], outbox: [told(parent.executionId)] };
    await put({ ...aChild(address), ...over });
    const running = await start();
    await expect(running.create({ instanceId: 'child-1', name: 'child', input: undefined })).resolves.toBe(true);
    const seen = async () => (await store.read('parent'))?.state.seen;
    expect(await seen()).toContain('end');
    await expect.poll(() => store.read('child-1')).toMatchObject({ state: { status: 'Completed', outbox: [] } });
    expect((await store.read('child-1'))?.state.parent).toBeUndefined();
  });

  it('what is over is purged only when it has told its parent', async () => {
    const parent = await put(aParent([]));
    const address = { instanceId: 'parent', executionId: parent.executionId, taskId: 0 };
    const over = { status: 'Completed' as const, inbox: [], outbox: [told(parent.executionId)] };
    await put({ ...aChild(address), ...over });
    const running = await start();
    await expect(running.purge('child-1')).resolves.toBe(true);
    expect((await store.read('parent'))?.state.seen).toContain('end');
    expect(await store.read('child-1')).toBeUndefined();
  });

  it('an activity of a generation that is over answers that one, not the next', async () => {
    const activity: Outgoing = {
      id: 'old:0',
      kind: 'activity',
      executionId: 'old',
      taskId: 0,
      name: 'work',
      input: undefined,
    };
    const parent = await put(aParent([activity]));
    await start();
    await expect.poll(() => ran).toContain('work of old:0');
    await expect.poll(async () => (await store.read('parent'))?.state.seen).toContain('old:0:done');
    await sentAll('parent');
    expect((await store.read('parent'))?.state).toMatchObject({ executionId: parent.executionId, history: [] });
    expect(ran).toEqual(['work of old:0']);
  });
});
