import { expect, vi } from 'vitest';
import {
  consumersDocumentSchema,
  type ConsumersDocument,
  type FailoverStage,
} from '../../../src/consumers-document.js';
import { startAzurite, type Azurite } from '../../../lab/azurite/azurite.js';
import type { Host } from '../../../lab/host/start-host.js';
import type { HubFailoverOptions, Lab } from '../../../lab/contracts.js';
import { startLab } from '../../../lab/start-lab.js';
import { present } from '../../unit/failover/watching.js';
import { positionsAt, sendTelemetry, trueEnds } from './true-ends.js';
import { hostApp } from './host-app.js';
import { boundInMs, settingsOf } from './rig.js';

/** A second where production takes half a minute; the shortest that the engine's timers, which know whole seconds only, can tell. */
const quick = {
  FEATURES: 'sync,failover',
  WATCH_STEADY_SECONDS: '1',
  WATCH_FAILOVER_SECONDS: '1',
  WATCH_READ_TIMEOUT_SECONDS: '2',
  VERIFY_TIMEOUT_SECONDS: '60',
  DRAIN_LIMIT_SECONDS: '60',
  CONSUMER_GROUPS: 'alpha',
};

/** Each moment is some rounds after the one before, also on a busy machine. */
const course: Partial<HubFailoverOptions> = {
  timeScale: 1,
  timeline: { endpointChangesInMs: 4000, forwardingStopsInMs: 4500, activeInMs: 8000, dataFlowsInMs: 8500 },
};

/** The laboratory and the settings of an app that watches its hubs. */
export interface FailoverLab extends AsyncDisposable {
  lab: Lab;
  storage: Azurite;
  settings: Record<string, string>;
}

export async function startFailoverLab(
  failover: Partial<HubFailoverOptions> = {},
  settings: Record<string, string> = {},
): Promise<FailoverLab> {
  const storage = await startAzurite({ outages: true });
  const hubFailover = { ...course, ...failover };
  const lab = await startLab({ eventHubsPort: 0, storage, hubFailover });
  const { identityEnv } = lab.description;
  return {
    lab,
    storage,
    settings: settingsOf(lab, {
      ...quick,
      ...identityEnv,
      SECONDARY_HUB_RESOURCE_ID: '',
      SECONDARY_HUB_EVENTS: '',
      ...settings,
    }),
    async [Symbol.asyncDispose]() {
      await lab.close();
      await storage.close();
    },
  };
}

interface Reachable {
  readonly url: string;
  readonly functionKey: string;
}

/** What a consumer and an operator do over HTTP. `host` may be replaced by another that took its place. */
export function consumersApi(hostOf: () => Reachable, { lab, settings }: Pick<FailoverLab, 'lab' | 'settings'>) {
  const call = async (path: string, init: RequestInit = {}, key = hostOf().functionKey) =>
    fetch(`${hostOf().url}/api/consumers/primary${path}`, {
      ...init,
      headers: { 'x-functions-key': key, 'x-progress-key': settings['PROGRESS_KEY'] ?? '' },
    });
  const post = (body: unknown) => call('/progress', { method: 'POST', body: JSON.stringify(body) });
  const get = async (): Promise<ConsumersDocument> => {
    const answer = await call('');
    expect(answer.status).toBe(200);
    return consumersDocumentSchema.parse(await answer.json());
  };
  const until = async (isIt: (document: ConsumersDocument) => boolean): Promise<ConsumersDocument> => {
    const seen: ConsumersDocument[] = [];
    await vi.waitFor(
      async () => {
        const last = await get();
        seen.push(last);
        // What is shown when the time is up.
        expect({ isIt: isIt(last), stage: last.stage, reason: last.reason }).toMatchObject({ isIt: true });
      },
      { timeout: boundInMs, interval: 50 },
    );
    return present(seen.at(-1), 'a document');
  };
  return {
    call,
    get,
    until,
    untilStage: (...stages: FailoverStage[]) => until(({ stage }) => stages.includes(stage)),
    /** Stages of the latest failover, in order. */
    stages: async () => (await get()).history[0]?.stages.map(({ stage }) => stage) ?? [],
    post,
    /** As a consumer that has handled everything of this generation; where devices can send to its endpoint, there is something. */
    tell: async (generation: number) => {
      const { endpoint } = present(
        (await get()).generations.find(({ number }) => number === generation),
        'the generation',
      );
      const isFed = endpoint.hostName === lab.failover('primary').endpoint.hostName;
      if (isFed) sendTelemetry(lab);
      const ends = await trueEnds(settings['PRIMARY_HUB_EVENTS'] ?? '', endpoint);
      const handledAt = new Date().toISOString();
      const youngest = Math.max(...ends.map(({ lastEnqueuedOnUtc }) => lastEnqueuedOnUtc.getTime()));
      const first = { enqueuedAt: new Date(youngest).toISOString(), handledAt };
      return post({ consumer: 'test', generation, partitions: positionsAt(ends), first });
    },
    command: (command: 'abort' | 'pause' | 'resume') =>
      call(`/${command}`, { method: 'POST' }, settings['OPERATOR_KEY'] ?? ''),
  };
}
export interface FailoverRig extends FailoverLab {
  api: ReturnType<typeof consumersApi>;
  log: string[];
}

/**
 * The app in this process, watching the primary hub. Once in a process: @azure/identity keeps tokens for as long as that lives, and another
 * laboratory's Resource Manager refuses them.
 */
export async function startFailoverRig(
  failover: Partial<HubFailoverOptions> = {},
  more: Record<string, string> = {},
): Promise<FailoverRig & { host: Host }> {
  const parts = await startFailoverLab(failover, more);
  const { settings, lab } = parts;
  // The app's credential reads them, as everywhere.
  Object.assign(process.env, lab.description.identityEnv);
  const log: string[] = [];
  const { host, close } = await hostApp(settings, log);
  return {
    ...parts,
    log,
    host,
    api: consumersApi(() => host, parts),
    async [Symbol.asyncDispose]() {
      await host.close();
      await close();
      await parts[Symbol.asyncDispose]();
    },
  };
}
