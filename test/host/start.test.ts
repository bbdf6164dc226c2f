import { inspect } from 'node:util';
import { app as functions, type FunctionHandler } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { startHost, type HostOptions } from '../../lab/host/start-host.js';

const handler: FunctionHandler = () => undefined;
const anHttpFunction = (name: string) =>
  functions.http(name, { methods: ['GET'], authLevel: 'anonymous', handler: () => ({ body: name }) });
const start = (load: () => unknown, more: Partial<HostOptions> = {}) => startHost({ load, settings: {}, ...more });
const refusal = async (load: () => unknown, more?: Partial<HostOptions>) => {
  await using host = await start(load, more).catch((error: unknown) => ({
    error,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }));
  return 'error' in host ? host.error : undefined;
};

describe('starting an app', () => {
  it('fails with the app’s own error when the entry point throws', async () => {
    const cause = new Error('PRIMARY_HUB is not set');
    expect(
      await refusal(() => {
        throw cause;
      }),
    ).toMatchObject({ code: 'host.entryPoint', message: expect.stringContaining('PRIMARY_HUB is not set'), cause });
  });

  it('fails when the entry point registers nothing: a silent host helps nobody', async () => {
    expect(await refusal(() => undefined)).toMatchObject({ code: 'host.entryPoint' });
  });

  it('checks names', async () => {
    expect(await refusal(() => anHttpFunction('1 bad name'))).toMatchObject({ code: 'host.badFunction' });
  });

  it('refuses two functions of one name', async () => {
    const twice = () => {
      anHttpFunction('same');
      anHttpFunction('same');
    };
    expect(await refusal(twice)).toMatchObject({ code: 'host.entryPoint', cause: { code: 'host.badFunction' } });
  });

  it.each([
    ['PrimaryEvents', 'Endpoint=sb://ns/;SharedAccessKeyName=a;SharedAccessKey=U0VDUkVU;EntityPath=other', undefined],
    ['PrimaryEvents', 'HostName=p.azure-devices.net;SharedAccessKeyName=a;SharedAccessKey=U0VDUkVU', undefined],
    ['AzureWebJobsStorage', undefined, 'AccountName=a;AccountKey=U0VDUkVU'],
  ])('names %s where its SDK quotes the key of what it refuses', async (name, PrimaryEvents, storage) => {
    const settings = {
      PrimaryEvents: PrimaryEvents ?? 'Endpoint=sb://ns/;SharedAccessKeyName=a;SharedAccessKey=U0VDUkVU',
      AzureWebJobsStorage: storage ?? 'UseDevelopmentStorage=true',
    };
    const eventHub = () =>
      functions.eventHub('events', { connection: 'PrimaryEvents', eventHubName: 'devicetwin', handler });
    const error = await refusal(eventHub, { settings });
    expect(error).toMatchObject({ code: 'host.badSettings', message: expect.stringContaining(`"${name}"`) });
    expect(inspect(error, { depth: 9 })).not.toContain('U0VDUkVU');
  });

  it('checks that there is exactly one trigger', async () => {
    const second = { type: 'queueTrigger', name: 'second', queueName: 'q', connection: 'C' };
    const two = () =>
      functions.generic('two', { trigger: { type: 'httpTrigger', name: 'first' }, extraInputs: [second], handler });
    expect(await refusal(two)).toMatchObject({
      code: 'host.badFunction',
      message: "Multiple trigger bindings specified for the function 'two'.",
    });
  });

  it.each([
    [
      'a blob trigger',
      () => functions.storageBlob('b', { path: 'c/{name}', connection: 'C', handler: () => undefined }),
      /blobTrigger/,
    ],
    [
      'an entity',
      () => functions.generic('e', { trigger: { type: 'entityTrigger', name: 'context' }, handler }),
      /entityTrigger/,
    ],
    [
      'an output binding',
      () =>
        functions.http('h', {
          extraOutputs: [{ type: 'queue', name: 'out', queueName: 'q' }],
          handler: () => ({}),
        }),
      /type queue/,
    ],
  ])('refuses by name what it cannot run: %s', async (_what, load, named) => {
    expect(await refusal(load)).toMatchObject({ code: 'host.unsupported', message: expect.stringMatching(named) });
  });

  it.each([
    ['connection', { connection: 'NOT_SET', eventHubName: 'h' }, 'Setting "NOT_SET" is not set'],
    ['%NAME%', { connection: 'SET', eventHubName: '%NOT_SET%' }, "'%NOT_SET%' does not resolve to a value."],
  ])('refuses a %s that no setting resolves', async (_what, options, message) => {
    const load = () => functions.eventHub('e', { ...options, handler: () => undefined });
    const settings = {
      SET: 'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=k',
      AzureWebJobsStorage: 'x',
    };
    expect(await refusal(load, { settings })).toMatchObject({
      code: 'host.missingSetting',
      message: expect.stringContaining(message),
    });
  });

  it('refuses an identity-based connection by name', async () => {
    const load = () => functions.eventHub('e', { connection: 'EVENTS', eventHubName: 'h', handler: () => undefined });
    const settings = { EVENTS__fullyQualifiedNamespace: 'n.servicebus.windows.net' };
    expect(await refusal(load, { settings })).toMatchObject({ code: 'host.unsupported' });
  });

  it('overrides host.json by AzureFunctionsJobHost__a__b', async () => {
    await using host = await start(() => anHttpFunction('here'), {
      hostJson: { version: '2.0', extensions: { http: { routePrefix: 'api' } } },
      settings: { AzureFunctionsJobHost__extensions__HTTP__routePrefix: 'other' },
    });
    expect((await fetch(`${host.url}/other/here`)).status).toBe(200);
    expect((await fetch(`${host.url}/api/here`)).status).toBe(404);
  });

  it('refuses a host.json with a wrong value', async () => {
    const hostJson = { extensions: { queues: { maxPollingInterval: 'soon' } } };
    expect(await refusal(() => anHttpFunction('f'), { hostJson })).toMatchObject({ code: 'host.badHostJson' });
  });

  it('has three distinct keys', async () => {
    await using host = await start(() => anHttpFunction('f'));
    expect(new Set([host.masterKey, host.functionKey, host.systemKey]).size).toBe(3);
  });

  it('serves the Event Grid webhook only where a function has that trigger', async () => {
    await using host = await start(() => anHttpFunction('f'));
    const webhook = `${host.url}/runtime/webhooks/EventGrid?functionName=f&code=${host.systemKey}`;
    expect((await fetch(webhook, { method: 'POST', body: '[]' })).status).toBe(404);
  });

  it('logs no key', async () => {
    const lines: string[] = [];
    await using host = await start(() => functions.http('f', { authLevel: 'function', handler: () => ({}) }), {
      log: (line) => lines.push(line),
    });
    await fetch(`${host.url}/api/f?code=${host.functionKey}`);
    expect(lines.join('\n')).toMatch(/GET \/api\/f 200/);
    expect(lines.join('\n')).not.toContain(host.functionKey);
  });
});

describe('several hosts in one process', () => {
  it('have each the functions that were registered during their own load', async () => {
    const [left, right] = await Promise.all([
      start(async () => {
        await new Promise((later) => setImmediate(later));
        anHttpFunction('left');
      }),
      start(() => anHttpFunction('right')),
    ]);
    try {
      expect([left.functions, right.functions]).toEqual([['left'], ['right']]);
      expect((await fetch(`${left.url}/api/right`)).status).toBe(404);
    } finally {
      await left.close();
      await right.close();
    }
  });

  it('refuse a registration after the start', async () => {
    await using _host = await start(() => anHttpFunction('f'));
    expect(() => anHttpFunction('late')).toThrow('A function can only be registered during app startup.');
  });

  it('can be closed twice', async () => {
    const host = await start(() => anHttpFunction('f'));
    await Promise.all([host.close(), host.close()]);
    await expect(fetch(host.url)).rejects.toThrow('fetch failed');
  });
});

describe('hooks', () => {
  it('run around each invocation and at start and end, and may change inputs and results', async () => {
    const steps: string[] = [];
    const host = await start(() => {
      functions.hook.appStart(() => void steps.push('appStart'));
      functions.hook.appTerminate(() => void steps.push('appTerminate'));
      functions.hook.preInvocation(({ invocationContext }) => void steps.push(`pre ${invocationContext.functionName}`));
      functions.hook.postInvocation((context) => {
        steps.push('post');
        context.result = { status: 418 };
      });
      anHttpFunction('f');
    });
    expect((await fetch(`${host.url}/api/f`)).status).toBe(418);
    await host.close();
    expect(steps).toEqual(['appStart', 'pre f', 'post', 'appTerminate']);
  });

  it('see the log lines of handlers', async () => {
    const seen: string[] = [];
    await using host = await start(() => {
      functions.hook.log(({ category, message }) => {
        if (category === 'user') seen.push(message);
      });
      functions.http('f', {
        handler: (_request, context) => {
          context.log('a line');
          return {};
        },
      });
    });
    await fetch(`${host.url}/api/f`);
    expect(seen).toEqual(['a line']);
  });
});
