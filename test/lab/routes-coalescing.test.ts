import { beforeEach, describe, expect, it } from 'vitest';
import { assert as check, constantFrom, dictionary, letrec, oneof, property } from 'fast-check';
import type { HubMessage, IdentityKey, Json, JsonObject } from '../../lab/contracts.js';
import { createHubCore } from '../../lab/hub/core/hub-core.js';
import { mergePatch } from '../../lab/hub/core/merge-patch.js';
import { createTwinCoalescer, type TwinCoalescer } from '../../lab/routes/coalesce-twins.js';
import { composeChanges } from '../../lab/routes/compose-changes.js';

const key = { deviceId: 'd1' };
const module = { deviceId: 'd1', moduleId: 'm1' };

let core: ReturnType<typeof createHubCore>;
let coalescer: TwinCoalescer;
let told: HubMessage[];
let timers: { ms: number; action: () => void; cancelled: boolean }[];
beforeEach(() => {
  core = createHubCore({ role: 'primary', hostName: 'p-1.azure-devices.net' });
  told = [];
  timers = [];
  for (const each of [key, module, { deviceId: 'd2' }]) core.createIdentity(each, { ...each });
  coalescer = createTwinCoalescer({
    emit: (message) => told.push(message),
    freely: 1,
    windowInMs: 250,
    timers: {
      after: (ms, action) => {
        const timer = { ms, action, cancelled: false };
        timers.push(timer);
        return () => (timer.cancelled = true);
      },
    },
  });
  core.onMessage(coalescer.take);
});

const endWindows = (): void => {
  for (const { action, cancelled } of timers.splice(0)) if (!cancelled) action();
};
const bodyOf = ({ body }: HubMessage): JsonObject => JSON.parse(body.toString()) as JsonObject;
const tag = (n: number, who: IdentityKey = key) => core.patchTwin(who, { tags: { n } });
const summary = () =>
  told.map(({ deviceId, moduleId, applicationProperties, body }) => {
    const { version, tags } = JSON.parse(body.toString()) as { version: number; tags?: { n?: number } };
    const id = moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
    return [id, applicationProperties['opType'], version, tags?.n].filter((part) => part !== undefined).join(' ');
  });

describe('coalesced twin changes', () => {
  it('are told at once while they are slow: one in each window', () => {
    tag(1);
    endWindows();
    tag(2);
    endWindows();
    expect(summary()).toEqual(['d1 updateTwin 3 1', 'd1 updateTwin 4 2']);
  });

  it('become one notification with a version jump, at the end of the window', () => {
    for (let n = 1; n <= 5; n += 1) tag(n);
    expect(summary()).toEqual(['d1 updateTwin 3 1']);
    expect(timers.map(({ ms }) => ms)).toEqual([250]);
    endWindows();
    expect(summary()).toEqual(['d1 updateTwin 3 1', 'd1 updateTwin 7 5']);
    endWindows();
    expect(told).toHaveLength(2);
  });

  it('hold all sections, each with the metadata and the version of what it sets', () => {
    tag(0);
    core.patchTwin(key, { desired: { a: { b: 1 }, gone: 1 } });
    core.patchReported(key, { seen: true });
    core.patchTwin(key, { tags: { site: 'x' }, desired: { a: { c: [2] }, gone: null } });
    endWindows();
    const stamp = (version: number) => ({ $lastUpdated: expect.any(String), $lastUpdatedVersion: version });
    expect(bodyOf(told[1]!)).toEqual({
      version: 6,
      tags: { site: 'x' },
      properties: {
        desired: {
          a: { b: 1, c: [2] },
          gone: null,
          $metadata: { ...stamp(3), a: { ...stamp(3), b: stamp(2), c: stamp(3) } },
          $version: 3,
        },
        reported: {
          seen: true,
          $metadata: { $lastUpdated: expect.any(String), seen: { $lastUpdated: expect.any(String) } },
          $version: 2,
        },
      },
    });
  });

  it('are those of one twin: neither another device nor a module shares a notification', () => {
    for (const who of [key, module, { deviceId: 'd2' }]) for (const n of [1, 2, 3]) tag(n, who);
    endWindows();
    expect(summary().slice(3)).toEqual(['d1 updateTwin 5 3', 'd1/m1 updateTwin 5 3', 'd2 updateTwin 5 3']);
  });

  it('are told before a replace or a delete of their device, never after it', () => {
    for (const n of [1, 2, 3]) tag(n);
    core.replaceTwin(key, { tags: { n: 4 } });
    for (const n of [5, 6]) tag(n);
    tag(7, module);
    tag(8, module);
    core.deleteIdentity(key, '*');
    endWindows();
    expect(summary()).toEqual([
      'd1 updateTwin 3 1',
      'd1 updateTwin 5 3',
      'd1 replaceTwin 6 4',
      'd1 updateTwin 7 5',
      'd1/m1 updateTwin 3 7',
      'd1 updateTwin 8 6',
      'd1/m1 updateTwin 4 8',
      'd1 deleteDeviceIdentity 8 6',
    ]);
  });

  it('leave telemetry alone', () => {
    tag(1);
    tag(2);
    core.acceptTelemetry(key, Buffer.from('{"version":0}'), {}, {});
    expect(told.map(({ source }) => source)).toEqual(['twinChangeEvents', 'deviceMessages']);
  });

  it('are dropped when the routes are closed', () => {
    tag(1);
    tag(2);
    coalescer.close();
    endWindows();
    expect(told).toHaveLength(1);
  });
});

describe('composed changes', () => {
  it('are two notifications where no one patch does what they do', () => {
    core.patchTwin(key, { tags: { a: { old: 1 } } });
    core.patchTwin(key, { tags: { a: null } });
    core.patchTwin(key, { tags: { a: { new: 1 } } });
    endWindows();
    expect(told.map((message) => bodyOf(message)['tags'])).toEqual([{ a: { old: 1 } }, { a: null }, { a: { new: 1 } }]);
  });

  it('do to any twin what the changes do one after another', () => {
    const leaf = constantFrom<Json>(null, 1, 'x', [1], {});
    const { tree } = letrec<{ tree: JsonObject; node: Json }>((tie) => ({
      tree: dictionary(constantFrom('a', 'b', '__proto__'), tie('node'), { maxKeys: 3 }),
      node: oneof({ maxDepth: 3, depthSize: 'small' }, leaf, tie('tree')),
    }));
    let composed = 0;
    check(
      property(tree, tree, tree, (start, first, second) => {
        const one = composeChanges({ version: 1, tags: first }, { version: 2, tags: second });
        if (one === undefined) return;
        composed += 1;
        const target = mergePatch(undefined, start);
        const tags = one['tags'] as JsonObject;
        expect(mergePatch(target, tags)).toEqual(mergePatch(mergePatch(target, first), second));
      }),
      { numRuns: 500, seed: 7 },
    );
    expect(composed).toBeGreaterThan(200);
  });
});
