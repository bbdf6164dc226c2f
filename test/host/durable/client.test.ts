import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import { startObserver, type Observer } from '../observer.js';
import { startDurableApp, type DurableApp } from './support/durable-app.js';
import { aGate } from './support/gate.js';

interface ClientInput {
  taskHubName: string;
  rpcBaseUrl: string;
  baseUrl: string;
  creationUrls: Record<string, string>;
  managementUrls: Record<string, string>;
}

describe('the client of Durable Functions in the stand-in', () => {
  let storage: Azurite;
  let observer: Observer;
  let app: DurableApp;
  const restart = async (settings: Record<string, string>, hubName: string) => {
    await app.close();
    app = await startDurableApp({ storage, observerUrl: observer.url, settings, hubName });
  };
  /** An instance that waits for the event `end`. */
  const aChild = async (instanceId = 'a-child'): Promise<string> => {
    await app.start('child', { instanceId });
    await app.until(instanceId, ({ runtimeStatus }) => runtimeStatus === 'Running');
    return instanceId;
  };
  const clientInput = async (): Promise<ClientInput> =>
    (await (await fetch(`${app.url}/api/clientInput`)).json()) as ClientInput;

  beforeAll(async () => {
    storage = await startAzurite();
  });
  beforeEach(async () => {
    observer = await startObserver();
    app = await startDurableApp({ storage, observerUrl: observer.url });
  });
  afterEach(async () => {
    delete process.env['WEBSITE_HOSTNAME'];
    await app.close();
    await observer.close();
  });
  afterAll(() => storage?.close());

  it('starts an instance with an id of its own, or with the one that is given', async () => {
    expect(await app.start('echo', { instanceId: 'mine', input: { a: 1 } })).toBe('mine');
    expect(await app.ended('mine')).toMatchObject({
      name: 'echo',
      runtimeStatus: 'Completed',
      input: { a: 1 },
      output: { type: 'object', input: { a: 1 } },
    });
    expect(await app.start('echo')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('refuses a second running instance of an id, and takes the id again when the first is over', async () => {
    const id = await aChild();
    await expect(app.start('echo', { instanceId: id })).rejects.toThrow(
      'An Orchestration instance with the status Running already exists.',
    );
    await app.call('raiseEvent', id, 'end', 1);
    await app.ended(id);
    await app.start('echo', { instanceId: id, input: 'again' });
    expect(await app.ended(id)).toMatchObject({ name: 'echo', output: { input: 'again' } });
  });

  it('refuses ids with /, #, ?, \\, control characters or an @ in front', async () => {
    for (const bad of ['a/b', 'a#b', 'a?b', 'a\\b', 'a\nb', '@a']) {
      await expect(app.start('echo', { instanceId: encodeURIComponent(bad) })).rejects.toThrow(/400.*must not contain/);
    }
    await expect(app.start('echo', { instanceId: 'a/b' })).rejects.toThrow('404');
  });

  it('refuses an orchestrator that does not exist', async () => {
    await expect(app.start('nobody')).rejects.toThrow("The function 'nobody' doesn't exist");
  });

  it('starts orchestrations from a timer function that runs at the start', async () => {
    await restart({ DURABLE_AT_START: 'true' }, 'HubAtStart');
    await expect
      .poll(() => app.status('at-start').catch(() => undefined))
      .toMatchObject({ runtimeStatus: 'Completed' });
  });

  it('gives payload URLs on https of WEBSITE_HOSTNAME and a loopback rpcBaseUrl', async () => {
    await restart({ WEBSITE_HOSTNAME: 'standby.example.net' }, 'HubNamed');
    const { taskHubName, rpcBaseUrl, baseUrl, creationUrls, managementUrls } = await clientInput();
    expect(taskHubName).toBe('HubNamed');
    expect(rpcBaseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/durabletask\/$/);
    expect(baseUrl).toBe('https://standby.example.net/runtime/webhooks/durabletask');
    const { id, ...urls } = { ...creationUrls, ...managementUrls };
    expect(id).toBe('INSTANCEID');
    for (const url of Object.values(urls)) expect(url).toMatch(/^https:\/\/standby\.example\.net\/.*code=/);
  });

  it('serves the management URLs on its own port, with the system key only', async () => {
    const id = await aChild();
    const { statusQueryGetUri = '', sendEventPostUri = '' } = (await clientInput()).managementUrls;
    const here = (url: string) => url.replace(new URL(url).origin, app.url).replace('INSTANCEID', id);
    const running = await fetch(here(statusQueryGetUri));
    expect(running.status).toBe(202);
    expect(await running.json()).toMatchObject({ instanceId: id, runtimeStatus: 'Running' });
    expect((await fetch(here(statusQueryGetUri).replace(/code=.*/, 'code=wrong'))).status).toBe(401);
    const body = JSON.stringify('over HTTP');
    const raise = (url: string) => fetch(url.replace('{eventName}', 'end'), { method: 'POST', body });
    expect((await raise(here(sendEventPostUri))).status).toBe(202);
    expect((await app.ended(id)).output).toBe('over HTTP');
    expect((await fetch(here(statusQueryGetUri))).status).toBe(200);
    expect((await raise(here(sendEventPostUri))).status).toBe(410);
  });

  it('says that an instance does not exist', async () => {
    await expect(app.status('nobody')).rejects.toThrow('404');
    await expect(app.call('raiseEvent', 'nobody', 'end')).rejects.toThrow("No instance with ID 'nobody' found.");
  });

  it('terminates: the reason is the output, and what its activities still say changes nothing', async () => {
    const gate = aGate();
    observer.reply = () => gate.opened;
    const id = await app.start('child', { instanceId: 'ended' });
    await observer.count(() => true, 1);
    await app.call('terminate', id, 'no longer needed');
    expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'no longer needed' });
    gate.open();
    await app.call('raiseEvent', id, 'end', 'too late');
    expect(await app.status(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'no longer needed' });
  });

  it('suspends and resumes: events wait meanwhile', async () => {
    const id = await aChild();
    await app.call('suspend', id, 'lunch');
    await app.until(id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
    await app.call('raiseEvent', id, 'end', 'kept');
    expect((await app.status(id)).runtimeStatus).toBe('Suspended');
    await app.call('resume', id, 'back');
    expect(await app.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'kept' });
  });

  it('purges what is over, one by one or by status, and leaves what runs alone', async () => {
    const running = await aChild('runs');
    await app.ended(await app.start('echo', { instanceId: 'first' }));
    await app.ended(await app.start('echo', { instanceId: 'second' }));
    const all = async () => (await app.call<{ instanceId: string }[]>('getStatusAll')).map((one) => one.instanceId);
    expect((await all()).toSorted()).toEqual(['first', 'runs', 'second']);
    expect(await app.call('purgeInstanceHistory', 'first')).toEqual({ instancesDeleted: 1 });
    expect(await app.call('purgeInstanceHistory', 'first')).toEqual({ instancesDeleted: 0 });
    expect(await app.call('purgeInstanceHistory', running)).toEqual({ instancesDeleted: 0 });
    expect(await app.call('purgeInstanceHistoryBy', { runtimeStatus: ['Completed'] })).toEqual({ instancesDeleted: 1 });
    expect(await all()).toEqual(['runs']);
  });

  it('tells a failed orchestration from a completed one', async () => {
    expect(await app.ended(await app.start('broken'))).toMatchObject({
      runtimeStatus: 'Failed',
      output: "Orchestrator function 'broken' failed: the orchestrator gave up",
    });
  });

  it('spends some tens of milliseconds on an activity and a timer', async () => {
    const begin = performance.now();
    const rounds = 20;
    await app.ended(await app.start('rounds', { input: rounds }));
    expect((performance.now() - begin) / rounds).toBeLessThan(200);
    if (process.env['SHOW'] !== undefined) process.stdout.write(`${(performance.now() - begin) / rounds} ms a round\n`);
  });
});
