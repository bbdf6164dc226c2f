import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ConsumersDocument } from '../../src/consumers-document.js';
import type { GenerationsView } from '../../src/consumer/contract.js';
import { followApp } from '../../src/consumer/follow-app.js';
import { followArm } from '../../src/consumer/follow-arm.js';
import { AppError } from '../../src/errors.js';
import { blobStores } from './support/consumer.js';
import { consumerRig } from './support/consumer-rig.js';

const rig = consumerRig();
const close: (() => void)[] = [];
afterEach(() => {
  for (const one of close.splice(0)) one();
});

interface Server {
  url: string;
  status: number;
  answer: unknown;
  requests: { method: string; url: string; key: string; progressKey: unknown; body: string }[];
}
const aServer = async (answer: unknown): Promise<Server> => {
  const state: Server = { url: '', status: 200, answer, requests: [] };
  const bodyOf = async (request: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    return text;
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const key = String(request.headers['x-functions-key'] ?? request.headers.authorization);
      state.requests.push({
        method: request.method ?? '',
        url: request.url ?? '',
        key,
        progressKey: request.headers['x-progress-key'],
        body,
      });
      const isGet = request.method === 'GET';
      response.writeHead(isGet ? state.status : 204, { 'content-type': 'application/json' });
      return response.end(isGet ? JSON.stringify(state.answer) : undefined);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  close.push(() => void server.close());
  const address = server.address();
  state.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  return state;
};

const at = '2026-05-01T10:00:00.000Z';
const aDocument = (revision: number, more: Partial<ConsumersDocument> = {}): ConsumersDocument => ({
  schemaVersion: 1,
  hub: 'my-hub',
  revision,
  stage: 'steady',
  since: at,
  reason: 'as a test says',
  paused: false,
  generations: [
    { number: 1, endpoint: { hostName: 'a', eventHubName: 'b' }, state: 'running', seenBefore: false, startedAt: at },
  ],
  positions: [],
  history: [],
  ...more,
});
const follow = (source: ReturnType<typeof followApp>) => {
  const [views, errors, stop] = [[] as GenerationsView[], [] as unknown[], new AbortController()];
  const done = source.follow((view) => views.push(view), {
    signal: stop.signal,
    onError: (error) => errors.push(error),
  });
  close.push(() => stop.abort());
  return { views, errors, done, stop };
};
const codes = (errors: readonly unknown[]) =>
  new Set(errors.map((error) => (error instanceof AppError ? error.code : error)));

describe('following the app', () => {
  it('tells each new revision once, refuses a lower one and what is no document; a failed read is no news', async () => {
    const app = await aServer(aDocument(3));
    const { views, errors, done, stop } = follow(
      followApp({ url: app.url, hub: 'my-hub', key: () => 'k', pollInMs: 20 }),
    );
    await vi.waitUntil(() => app.requests.length > 3, { timeout: 5000 });
    expect(views.map(({ revision }) => revision)).toEqual([3]);
    expect(app.requests[0]).toMatchObject({ url: '/api/consumers/my-hub', key: 'k' });

    const meets = async (code: string): Promise<void> => {
      errors.length = 0;
      await vi.waitUntil(() => codes(errors).has(code), { timeout: 5000 });
    };
    app.answer = aDocument(2, { generations: [] });
    await meets('generationsRefused');
    app.answer = aDocument(2);
    await meets('generationsRefused');
    app.answer = aDocument(9, { hub: 'another' });
    await meets('generationsRefused');
    app.status = 503;
    await meets('generationsUnknown');
    app.status = 401;
    await meets('generationsRefused');
    expect(views).toHaveLength(1);

    [app.status, app.answer] = [200, aDocument(4, { stage: 'failoverStarted' })];
    await vi.waitUntil(() => views.length === 2, { timeout: 5000 });
    expect(views[1]).toMatchObject({ revision: 4, stage: 'failoverStarted' });
    stop.abort();
    await done;
  });

  it('does not mind what a newer app tells beside the generations', async () => {
    const app = await aServer({ ...aDocument(1), history: [{ outcome: 'unheardOf' }], keyState: 'lost', more: 1 });
    const { views, errors } = follow(followApp({ url: app.url, hub: 'my-hub', key: () => 'k', pollInMs: 20 }));
    await vi.waitUntil(() => views.length === 1 || errors.length > 0, { timeout: 5000 });
    expect(errors).toEqual([]);
  });

  it('tells it progress, and what it refuses', async () => {
    const app = await aServer(aDocument(1));
    const keys = { key: async () => 'k', progressKey: async () => 'p' };
    const source = followApp({ url: `${app.url}/`, hub: 'my-hub', ...keys });
    const progress = {
      consumer: 'c',
      generation: 1,
      partitions: [{ partitionId: '0', sequenceNumber: 4, enqueuedAt: at }],
    };
    await source.tell?.(progress);
    expect(app.requests).toMatchObject([
      { method: 'POST', url: '/api/consumers/my-hub/progress', key: 'k', progressKey: 'p' },
    ]);
    expect(JSON.parse(app.requests[0]?.body ?? '')).toEqual(progress);
    const nowhere = followApp({ url: 'http://127.0.0.1:1', hub: 'my-hub', ...keys });
    await expect(nowhere.tell?.(progress)).rejects.toMatchObject({ code: 'generationsUnknown' });
    // Without the key the app would refuse each report.
    expect(followApp({ url: app.url, hub: 'my-hub', key: () => 'k' })).not.toHaveProperty('tell');
  });
});

describe('following ARM', () => {
  const resourceId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/IotHubs/my-hub';
  const aHub = (state: string, host: string) => ({
    name: 'my-hub',
    properties: { state, eventHubEndpoints: { events: { endpoint: `sb://${host}.example.net/`, path: 'events' } } },
  });
  const aFollower = async (url: string, container?: Awaited<ReturnType<typeof blobStores>>['container']) => {
    const blobs = container ?? (await blobStores(rig.storage().connectionString)).container;
    const options = { resourceId, credential: { getToken: async () => ({ token: 't' }) }, armEndpoint: url };
    return {
      container: blobs,
      ...follow(followArm({ ...options, container: blobs, pollInMs: 20, failoverPollInMs: 20 })),
    };
  };
  const last = ({ views }: { views: GenerationsView[] }) => {
    const view = views.at(-1);
    return [view?.stage, ...(view?.generations ?? []).map(({ number, state }) => `${number}:${state}`)].join(' ');
  };

  it('processes agree on generations by the blob, and a failed read is no news', async () => {
    const arm = await aServer(aHub('Active', 'a'));
    const first = await aFollower(arm.url);
    const second = await aFollower(arm.url, first.container);
    const both = async (expected: string): Promise<void> => {
      await vi.waitUntil(() => last(first) === expected && last(second) === expected, { timeout: 10_000 });
    };
    await both('steady 1:running');
    expect(arm.requests[0]).toMatchObject({ url: `${resourceId}?api-version=2023-06-30`, key: 'Bearer t' });
    arm.status = 500;
    await vi.waitUntil(() => codes(first.errors).has('generationsUnknown'), { timeout: 5000 });
    arm.status = 200;
    arm.answer = { ...aHub('Active', 'c'), name: 'other-hub' };
    const asked = arm.requests.length;
    await vi.waitUntil(() => arm.requests.length > asked + 4, { timeout: 5000 });
    await both('steady 1:running');
    arm.answer = aHub('FailingOver', 'a');
    await both('failoverStarted 1:running');
    arm.answer = aHub('FailingOver', 'b');
    await both('endpointChanged 1:running 2:running');
    arm.answer = aHub('Active', 'b');
    await both('failoverEnded 1:draining 2:running');
    expect(second.views.at(-1)).toEqual(first.views.at(-1));
    // A process that comes later begins with what is agreed.
    const third = await aFollower(arm.url, first.container);
    await vi.waitUntil(() => third.views.length > 0, { timeout: 5000 });
    expect(third.views[0]).toEqual(first.views.at(-1));
    for (const one of [first, second, third]) {
      one.stop.abort();
      await one.done;
    }
  });

  it('needs the id of a hub', () => {
    const options = { credential: { getToken: async () => null }, container: {} as never };
    expect(() => followArm({ ...options, resourceId: '/subscriptions/s' })).toThrow(/resourceId/);
  });
});
