import { afterEach, describe, expect, it } from 'vitest';
import { drivers, type HostDriver } from '../drivers.js';
import { aDurableRig } from './support/durable-rig.js';
import { aGate } from './support/gate.js';

interface ClientInput {
  taskHubName: string;
  rpcBaseUrl: string;
  baseUrl: string;
  creationUrls: Record<string, string>;
  managementUrls: Record<string, string>;
}

function aRig(driver: HostDriver) {
  const rig = aDurableRig(driver);
  afterEach(() => {
    delete process.env['WEBSITE_HOSTNAME'];
  });
  /** An instance that waits for the event `end`. */
  const aChild = async (instanceId = 'a-child'): Promise<string> => {
    await rig.app.start('child', { instanceId });
    await rig.app.until(instanceId, ({ runtimeStatus }) => runtimeStatus === 'Running');
    return instanceId;
  };
  const clientInput = async (): Promise<ClientInput> =>
    (await (await fetch(`${rig.app.url}/api/clientInput`)).json()) as ClientInput;
  /** A management URL of that instance, on the port that this host has. */
  const urlOf = async (name: string, instanceId: string): Promise<string> => {
    const { [name]: url = '' } = (await clientInput()).managementUrls;
    return url.replace(new URL(url).origin, rig.app.url).replace('INSTANCEID', instanceId);
  };
  return { rig, aChild, clientInput, urlOf };
}

describe.each(drivers)('the client of Durable Functions in $name', (driver) => {
  describe.skipIf(!driver.available)('as observed', () => {
    const { rig, aChild, clientInput, urlOf } = aRig(driver);

    it('starts an instance with an id of its own, or with the one that is given', async () => {
      expect(await rig.app.start('echo', { instanceId: 'mine', input: { a: 1 } })).toBe('mine');
      expect(await rig.app.ended('mine')).toMatchObject({
        name: 'echo',
        runtimeStatus: 'Completed',
        input: { a: 1 },
        output: { type: 'object', input: { a: 1 } },
      });
      expect(await rig.app.start('echo')).toMatch(/^[0-9a-f]{32}$/);
    });

    it('starts orchestrations from a timer function that runs at the start', async () => {
      await rig.restart({ settings: { DURABLE_AT_START: 'true' }, hubName: 'HubAtStart' });
      await expect
        .poll(() => rig.app.status('at-start').catch(() => undefined))
        .toMatchObject({ runtimeStatus: 'Completed' });
    });

    it('gives payload URLs on https of WEBSITE_HOSTNAME and a loopback rpcBaseUrl', async () => {
      await rig.restart({ settings: { WEBSITE_HOSTNAME: 'standby.example.net' }, hubName: 'HubNamed' });
      const { taskHubName, rpcBaseUrl, baseUrl, creationUrls, managementUrls } = await clientInput();
      expect(taskHubName).toBe('HubNamed');
      expect(rpcBaseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/durabletask\/$/);
      expect(baseUrl).toBe('https://standby.example.net/runtime/webhooks/durabletask');
      const { id, ...urls } = { ...creationUrls, ...managementUrls };
      expect(id).toBe('INSTANCEID');
      for (const url of Object.values(urls)) expect(url).toMatch(/^https:\/\/standby\.example\.net\/.*code=/);
    });

    it('says that an instance does not exist', async () => {
      await expect(rig.app.status('nobody')).rejects.toThrow('404');
      await expect(rig.app.call('raiseEvent', 'nobody', 'end')).rejects.toThrow("No instance with ID 'nobody' found.");
    });

    it('terminates: the reason is the output, and what its activities still say changes nothing', async () => {
      const gate = aGate();
      rig.observer.reply = () => gate.opened;
      const id = await rig.app.start('child', { instanceId: 'ended' });
      await rig.observer.count(() => true, 1);
      await rig.app.call('terminate', id, 'no longer needed');
      expect(await rig.app.ended(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'no longer needed' });
      gate.open();
      await rig.app.call('raiseEvent', id, 'end', 'too late');
      expect(await rig.app.status(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'no longer needed' });
    });

    it('suspends and resumes: events wait meanwhile', async () => {
      const id = await aChild();
      await rig.app.call('suspend', id, 'lunch');
      await rig.app.until(id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
      await rig.app.call('raiseEvent', id, 'end', 'kept');
      expect((await rig.app.status(id)).runtimeStatus).toBe('Suspended');
      await rig.app.call('resume', id, 'back');
      expect(await rig.app.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'kept' });
    });

    it('tells a failed orchestration from a completed one', async () => {
      expect(await rig.app.ended(await rig.app.start('broken'))).toMatchObject({
        runtimeStatus: 'Failed',
        output: "Orchestrator function 'broken' failed: the orchestrator gave up",
      });
    });

    it('answers 410 to whatever is asked of an instance that is over, and the client takes it for done', async () => {
      const id = await rig.app.start('echo', { instanceId: 'over' });
      await rig.app.ended(id);
      const urls = ['sendEventPostUri', 'terminatePostUri', 'suspendPostUri', 'resumePostUri'];
      for (const name of urls) {
        const url = (await urlOf(name, id)).replace('{eventName}', 'end').replace('{text}', 'why');
        const { status } = await fetch(url, {
          method: 'POST',
          body: '1',
          headers: { 'content-type': 'application/json' },
        });
        expect({ name, status }).toEqual({ name, status: 410 });
      }
      for (const method of ['terminate', 'suspend', 'resume']) {
        await expect(rig.app.call(method, id, 'why')).resolves.toBeNull();
      }
      expect(await rig.app.status(id)).toMatchObject({ runtimeStatus: 'Completed' });
    });

    it('takes no ids with /, #, ? or control characters', async () => {
      for (const bad of ['a/b', 'a#b', 'a?b', 'a\nb']) {
        await expect(rig.app.start('echo', { instanceId: encodeURIComponent(bad) })).rejects.toThrow(
          /must not contain/,
        );
      }
    });
  });
});

// From the source and the documentation of the extension, or a matter of the stand-in alone.
describe('the client of Durable Functions: what the stand-in alone does', () => {
  const { rig, aChild, urlOf } = aRig(drivers[0]!);

  it('refuses a second running instance of an id, and takes the id again when the first is over', async () => {
    const id = await aChild();
    await expect(rig.app.start('echo', { instanceId: id })).rejects.toThrow(
      'An Orchestration instance with the status Running already exists.',
    );
    await rig.app.call('raiseEvent', id, 'end', 1);
    await rig.app.ended(id);
    await rig.app.start('echo', { instanceId: id, input: 'again' });
    expect(await rig.app.ended(id)).toMatchObject({ name: 'echo', output: { input: 'again' } });
  });

  it('refuses ids with /, #, ?, \\, control characters or an @ in front', async () => {
    for (const bad of ['a/b', 'a#b', 'a?b', 'a\\b', 'a\nb', '@a']) {
      await expect(rig.app.start('echo', { instanceId: encodeURIComponent(bad) })).rejects.toThrow(
        /400.*must not contain/,
      );
    }
    await expect(rig.app.start('echo', { instanceId: 'a/b' })).rejects.toThrow('404');
  });

  it('refuses an orchestrator that does not exist', async () => {
    await expect(rig.app.start('nobody')).rejects.toThrow("The function 'nobody' doesn't exist");
  });

  it('serves the management URLs on its own port, with the system key only', async () => {
    const id = await aChild();
    const statusUrl = await urlOf('statusQueryGetUri', id);
    const eventUrl = (await urlOf('sendEventPostUri', id)).replace('{eventName}', 'end');
    const running = await fetch(statusUrl);
    expect(running.status).toBe(202);
    expect(await running.json()).toMatchObject({ instanceId: id, runtimeStatus: 'Running' });
    expect((await fetch(statusUrl.replace(/code=.*/, 'code=wrong'))).status).toBe(401);
    const body = JSON.stringify('over HTTP');
    const raise = () => fetch(eventUrl, { method: 'POST', body });
    expect((await raise()).status).toBe(202);
    expect((await rig.app.ended(id)).output).toBe('over HTTP');
    expect((await fetch(statusUrl)).status).toBe(200);
    expect((await raise()).status).toBe(410);
  });

  it('purges what is over, one by one or by status, and leaves what runs alone', async () => {
    const running = await aChild('runs');
    await rig.app.ended(await rig.app.start('echo', { instanceId: 'first' }));
    await rig.app.ended(await rig.app.start('echo', { instanceId: 'second' }));
    const all = async () => (await rig.app.call<{ instanceId: string }[]>('getStatusAll')).map((one) => one.instanceId);
    expect((await all()).toSorted()).toEqual(['first', 'runs', 'second']);
    expect(await rig.app.call('purgeInstanceHistory', 'first')).toEqual({ instancesDeleted: 1 });
    expect(await rig.app.call('purgeInstanceHistory', 'first')).toEqual({ instancesDeleted: 0 });
    expect(await rig.app.call('purgeInstanceHistory', running)).toEqual({ instancesDeleted: 0 });
    expect(await rig.app.call('purgeInstanceHistoryBy', { runtimeStatus: ['Completed'] })).toEqual({
      instancesDeleted: 1,
    });
    expect(await all()).toEqual(['runs']);
  });

  it('spends some tens of milliseconds on an activity and a timer', async () => {
    const rounds = 10;
    const times: number[] = [];
    // The best of some: other tests may run beside it.
    for (let turn = 0; turn < 4; turn += 1) {
      const begin = performance.now();
      await rig.app.ended(await rig.app.start('rounds', { input: rounds }));
      times.push((performance.now() - begin) / rounds);
    }
    expect(Math.min(...times)).toBeLessThan(200);
    if (process.env['SHOW'] !== undefined) process.stdout.write(`${Math.min(...times)} ms a round\n`);
  });
});
