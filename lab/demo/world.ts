import type { HubRole, IdentityKey, Lab } from '../contracts.js';
import { createClosers } from '../closers.js';
import { startLab } from '../start-lab.js';
import { createAppClient, type AppClient } from './app-client.js';
import { abortWhenItEnds, startAppProcess, type AppProcess } from './app-process.js';
import { createDeadline, type Deadline } from './deadline.js';
import type { Fleet } from '../fleet/fleet.js';
import { startDemoFleet } from './demo-fleet.js';
import type { DemoOptions } from './options.js';
import { createServiceClient, type ServiceClient } from './service-client.js';

/** Everything that is running. Parts are there once their step is done; asking for one before is a defect. */
export interface World {
  readonly options: DemoOptions;
  readonly deadline: Deadline;
  readonly abortSignal: AbortSignal;
  readonly lab: Lab;
  readonly app: AppClient;
  readonly fleet: Fleet;
  readonly identities: readonly IdentityKey[];
  readonly service: Record<HubRole, ServiceClient>;
  /** Twin changes that the primary hub has routed so far. */
  readonly twinChanges: number;
  isStarted(): boolean;
  startLab(): Promise<Lab>;
  startApp(): Promise<AppProcess>;
  provisionFleet(): readonly IdentityKey[];
  connectFleet(): Promise<Fleet>;
  close(): Promise<void>;
}

const started = <T>(part: T | undefined): T => {
  if (part === undefined) throw new TypeError('this part of the demo has not been started');
  return part;
};

export interface WorldOptions {
  options: DemoOptions;
  /** Aborts what is waited for: Ctrl-C, or the end of a process that has to live. */
  abort: AbortController;
}

export const createWorld = ({ options, abort }: WorldOptions): World => {
  const closers = createClosers();
  const deadline = createDeadline(options.limitInMs, abort.signal);
  let closing = false;
  let lab: Lab | undefined;
  let app: AppClient | undefined;
  let fleet: Fleet | undefined;
  let service: Record<HubRole, ServiceClient> | undefined;
  let identities: readonly IdentityKey[] = [];
  let twinChanges = 0;

  const start = async (): Promise<Lab> => {
    const running = await startLab({ tier: options.tier });
    lab = running;
    closers.add(() => running.close());
    closers.add(
      running.hub('primary').onMessage(({ source }) => {
        if (source === 'twinChangeEvents') twinChanges += 1;
      }),
    );
    service = {
      primary: createServiceClient(running.hub('primary').connectionString),
      secondary: createServiceClient(running.hub('secondary').connectionString),
    };
    return running;
  };

  const startApp = async (): Promise<AppProcess> => {
    const running = await startAppProcess(started(lab));
    const { host } = running;
    // Ctrl-C reaches storage at the same time: a host that still wants to tidy up would wait for it in vain.
    closers.add(() => (abort.signal.aborted ? host.kill() : host.close()));
    void abortWhenItEnds(running, abort, () => closing);
    const { OPERATOR_KEY: operatorKey = '' } = started(lab).description.settings;
    const client = createAppClient({ url: host.url, functionKey: host.functionKey, operatorKey });
    app = client;
    await deadline.until(
      () => client.isReady(),
      () => 'the app is not ready (GET /api/health)',
    );
    return running;
  };

  return {
    options,
    deadline,
    abortSignal: abort.signal,
    get lab() {
      return started(lab);
    },
    get app() {
      return started(app);
    },
    get fleet() {
      return started(fleet);
    },
    get service() {
      return started(service);
    },
    get identities() {
      return identities;
    },
    get twinChanges() {
      return twinChanges;
    },
    isStarted: () => lab !== undefined,
    startLab: start,
    startApp,
    provisionFleet: () => {
      const { devices: count, modules, seed } = options;
      identities = started(lab).addDevices({ hub: 'primary', count, modules, prefix: 'fleet', seed });
      return identities;
    },
    connectFleet: async () => {
      const running = await startDemoFleet(started(lab), identities, options.seed);
      fleet = running;
      closers.add(() => running.close());
      return running;
    },
    close: () => {
      closing = true;
      return closers.close();
    },
  };
};
