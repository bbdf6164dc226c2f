import type { IotHubClient } from '@azure/arm-iothub';
import { afterEach, describe, expect, it } from 'vitest';
import type { HubFailoverOptions, Lab, LabOptions } from '../../lab/contracts.js';
import { armClient, armLab, armNames, armRefusal, armToken, collect } from './support/arm-client.js';

const labs: Lab[] = [];
afterEach(async () => {
  await Promise.all(labs.splice(0).map((lab) => lab.close()));
});
const start = async (hubFailover: Partial<HubFailoverOptions>, options: LabOptions = {}) => {
  const started = await armLab({ hubFailover, ...options });
  labs.push(started.lab);
  return started;
};

/** The measured course in less than a second. */
const quick = { timeScale: 0.001 };
/** Where nothing has to be seen in between. */
const quickest = { timeScale: 0.0003 };
/** Begins at once and does not end by itself. */
const stuck = { timeline: { endpointChangesInMs: 0, forwardingStopsInMs: 0 }, timeScale: 100 };
const north = { failoverRegion: 'North Europe' };
const west = { failoverRegion: 'West Europe' };
const poll = { updateIntervalInMs: 50 };

const failOver = (lab: Lab, client: IotHubClient, region = north) =>
  client.iotHub.beginManualFailover(lab.hub('primary').name, lab.arm.resourceGroup, region, poll);
const get = (lab: Lab, client: IotHubClient) => client.iotHubResource.get(...armNames(lab));
const namesOf = async (lab: Lab, client: IotHubClient) =>
  (await collect(client.iotHubResource.listEventHubConsumerGroups(...armNames(lab), 'events'))).map(({ name }) => name);
const addGroup = (lab: Lab, client: IotHubClient, name: string, abortSignal?: AbortSignal) =>
  client.iotHubResource.createEventHubConsumerGroup(
    ...armNames(lab),
    'events',
    name,
    { properties: { name } },
    abortSignal === undefined ? {} : { abortSignal },
  );

describe('a failover asked of Resource Manager', () => {
  it.each(['azureAsyncOperation', 'location'] as const)('is polled by the SDK to its end: %s', async (polling) => {
    const { lab, client } = await start({ ...quick, polling });
    const before = await get(lab, client);
    const poller = await failOver(lab, client);
    expect(poller.getOperationState().status).toBe('running');
    expect(await get(lab, client)).toMatchObject({ properties: { state: 'FailingOver' } });
    await poller.pollUntilDone();
    expect(poller.getOperationState().status).toBe('succeeded');
    const after = await get(lab, client);
    expect(after.properties).toMatchObject({
      state: 'Active',
      locations: [
        { location: 'North Europe', role: 'primary' },
        { location: 'West Europe', role: 'secondary' },
      ],
      eventHubEndpoints: {
        events: { endpoint: `sb://iothub-ns-${lab.hub('primary').name}-2.servicebus.windows.net/` },
      },
    });
    expect(after.etag).not.toBe(before.etag);
  });

  it.each([
    ['azureAsyncOperation', true],
    ['location', false],
  ] as const)('answers 202 with the headers of %s', async (polling, hasAsyncOperation) => {
    const { lab } = await start({ ...quick, polling });
    const answer = await fetch(
      `https://management.azure.com${lab.arm.resourceId('primary')}/failover?api-version=2023-06-30`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${await armToken(lab)}`, 'content-type': 'application/json' },
        body: JSON.stringify(north),
      },
    );
    expect(answer.status).toBe(202);
    const location = answer.headers.get('location') ?? '';
    const { subscriptionId } = lab.arm;
    const results = `/subscriptions/${subscriptionId}/providers/Microsoft.Devices/locations/westeurope/operationResults`;
    expect(location).toContain(`https://management.azure.com${results}/`);
    const token = new URL(location).pathname.split('/').at(-1) ?? '';
    expect(Buffer.from(token, 'base64').toString()).toMatch(/^id=os_ih_[0-9a-f-]{36};region=westeurope$/);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.has('azure-asyncoperation')).toBe(hasAsyncOperation);
  });

  it.each([
    ['Running', stuck, '1500'],
    ['Succeeded', quickest, '1'],
  ])('has a status document of one word: %s', async (status, course, retryAfter) => {
    const { lab } = await start(course);
    const headers = { authorization: `Bearer ${await armToken(lab)}`, 'content-type': 'application/json' };
    const url = `https://management.azure.com${lab.arm.resourceId('primary')}/failover?api-version=2023-06-30`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(north) });
    // 15 seconds at time scale 1.
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
    if (status === 'Succeeded') await lab.failover('primary').operation?.done;
    const asked = await fetch(answer.headers.get('azure-asyncoperation') ?? '', { headers });
    expect(await asked.json()).toEqual({ status });
  });

  it.each(['azureAsyncOperation', 'location'] as const)(
    'goes on being polled from a stored state, without another failover: %s',
    async (polling) => {
      const { lab, client } = await start({ ...quick, polling });
      const stored = (await failOver(lab, client)).toString();
      const other = armClient(lab);
      const { name } = lab.hub('primary');
      const resumed = await other.iotHub.beginManualFailover(name, lab.arm.resourceGroup, north, {
        ...poll,
        resumeFrom: stored,
      });
      await resumed.pollUntilDone();
      await lab.failover('primary').operation?.done;
      expect(lab.failover('primary').endpoint.hostName).toBe(`iothub-ns-${name}-2.servicebus.windows.net`);
    },
  );

  it.each([
    [{}, 'FailingOver'],
    [{ interimState: 'Transitioning' }, 'Transitioning'],
  ])('shows the state in between that was chosen: %j', async (options, state) => {
    const { lab, client } = await start({ ...stuck, ...options });
    await failOver(lab, client);
    expect((await get(lab, client)).properties?.state).toBe(state);
  });

  it('is refused while one is on its way, by 409002', async () => {
    const { lab, client } = await start(stuck);
    await failOver(lab, client);
    expect(await armRefusal(failOver(lab, client))).toMatchObject({
      status: 409,
      code: 409_002,
      message: expect.stringContaining('is not currently in Active state'),
    });
  });

  it('is refused to a region that is not the secondary one, and without a region', async () => {
    const { lab, client } = await start(quick);
    expect(await armRefusal(failOver(lab, client, west))).toMatchObject({ status: 400 });
    expect(await armRefusal(failOver(lab, client, { failoverRegion: '' }))).toMatchObject({ status: 400 });
    expect((await get(lab, client)).properties?.state).toBe('Active');
    await failOver(lab, client, { failoverRegion: 'northeurope' });
  });

  it.each([
    [true, 409],
    [false, 'done'],
  ])('soon after another is refused only with the limits: %s', async (limits, outcome) => {
    const { lab, client } = await start({ ...quickest, limits });
    await failOver(lab, client);
    await lab.failover('primary').operation?.done;
    const again = failOver(lab, client, west).then(
      () => 'done',
      ({ statusCode }: { statusCode: unknown }) => statusCode,
    );
    expect(await again).toBe(outcome);
  });

  it('goes by the clock that the laboratory was given for its limits', async () => {
    let at = Date.now();
    const { lab, client } = await start({ ...quickest, limits: true }, { failoverClock: () => new Date(at) });
    await failOver(lab, client);
    await lab.failover('primary').operation?.done;
    expect(await armRefusal(failOver(lab, client, west))).toMatchObject({ message: expect.stringContaining('hour') });
    at += 3_600_000;
    await failOver(lab, client, west);
  });

  it('says so when there is no such operation', async () => {
    const { lab } = await start(quick);
    const provider = `/subscriptions/${lab.arm.subscriptionId}/providers/Microsoft.Devices`;
    const path = `${provider}/locations/westeurope/operationResults/none?api-version=2023-06-30`;
    const headers = { authorization: `Bearer ${await armToken(lab)}` };
    expect((await fetch(`https://management.azure.com${path}`, { headers })).status).toBe(404);
  });
});

describe('management during a failover', () => {
  const calls: [string, (lab: Lab, client: IotHubClient, abortSignal: AbortSignal) => Promise<unknown>][] = [
    [
      'listKeys',
      (lab, client, abortSignal) => collect(client.iotHubResource.listKeys(...armNames(lab), { abortSignal })),
    ],
    [
      'the keys of one policy',
      (lab, client, abortSignal) =>
        client.iotHubResource.getKeysForKeyName(...armNames(lab), 'service', { abortSignal }),
    ],
    ['making a consumer group', (lab, client, abortSignal) => addGroup(lab, client, 'relay', abortSignal)],
    [
      'removing a consumer group',
      (lab, client, abortSignal) =>
        client.iotHubResource.deleteEventHubConsumerGroup(...armNames(lab), 'events', 'old', { abortSignal }),
    ],
  ];
  /** A failover that has begun, of a hub with a consumer group that stays. */
  const begun = async (options: Partial<HubFailoverOptions>) => {
    const { lab, client } = await start({ ...options, consumerGroupsLost: false });
    await addGroup(lab, client, 'old');
    await failOver(lab, client);
    return { lab, client };
  };

  it.each(calls)('gets no answer until the hub is Active: %s', async (_name, call) => {
    const { lab, client } = await begun(quick);
    await call(lab, client, AbortSignal.timeout(10_000));
    expect(lab.failover('primary').state).toBe('Active');
  });

  it.each(calls)('can be given up: %s', async (_name, call) => {
    const { lab, client } = await begun(stuck);
    await expect(call(lab, client, AbortSignal.timeout(100))).rejects.toMatchObject({ name: 'AbortError' });
    // Reads that are not management are answered all the same.
    expect(await namesOf(lab, client)).toEqual(['$Default', 'old']);
  });

  it.each(calls)('is answered at once where it does not block: %s', async (_name, call) => {
    const { lab, client } = await begun({ ...stuck, managementBlocks: false });
    await call(lab, client, AbortSignal.timeout(5000));
    expect(lab.failover('primary').state).toBe('FailingOver');
  });

  it('does not make the group of a call that was given up', async () => {
    const { lab, client } = await start(quick);
    await failOver(lab, client);
    await expect(addGroup(lab, client, 'relay', AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'AbortError' });
    await lab.failover('primary').operation?.done;
    expect(await namesOf(lab, client)).toEqual(['$Default']);
  });
});

describe('what comes with the new endpoint', () => {
  it.each([
    [true, ['$Default']],
    [false, ['$Default', 'relay']],
  ])('consumer groups are lost: %s', async (consumerGroupsLost, groups) => {
    const { lab, client } = await start({ ...quickest, consumerGroupsLost });
    await addGroup(lab, client, 'relay');
    await failOver(lab, client);
    await lab.failover('primary').operation?.done;
    expect(await namesOf(lab, client)).toEqual(groups);
  });

  it.each([
    [true, 1],
    [false, 3],
  ])('a failback goes to the first namespace: %s', async (failbackToOriginal, n) => {
    const { lab, client } = await start({ ...quickest, failbackToOriginal });
    for (const region of [north, west]) {
      await failOver(lab, client, region);
      await lab.failover('primary').operation?.done;
    }
    const { name } = lab.hub('primary');
    expect((await get(lab, client)).properties?.eventHubEndpoints?.['events']).toMatchObject({
      endpoint: `sb://iothub-ns-${name}-${n}.servicebus.windows.net/`,
      path: `iothub-ehub-${name}-${n}`,
    });
  });

  it('is one hub only: the other one stays', async () => {
    const { lab, client } = await start(quickest);
    await failOver(lab, client);
    await lab.failover('primary').operation?.done;
    expect(lab.failover('secondary')).toMatchObject({ state: 'Active', operation: undefined });
    expect((await client.iotHubResource.get(...armNames(lab, 'secondary'))).properties?.locations?.[0]).toEqual({
      location: 'France Central',
      role: 'primary',
    });
  });
});
