import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { startAzurite, type Azurite } from '../../../../lab/azurite/azurite.js';
import type { HostDriver } from '../../drivers.js';
import { startObserver, type Observer } from '../../observer.js';
import { aHubName, startDurableApp, type DurableApp } from './durable-app.js';

interface DurableRig {
  readonly app: DurableApp;
  readonly observer: Observer;
  /** How often the activity `tell` got this input. */
  told(input: unknown): number;
  /** The host closes, and another one goes on with its task hub, or with a new one of this name. */
  restart(options?: { hubName?: string; settings?: Record<string, string> }): Promise<void>;
}

/** For the `describe` that calls it: the fixture app for each test, with a task hub and an observer of its own. */
export function aDurableRig(driver: HostDriver): DurableRig {
  let storage: Azurite;
  let observer: Observer;
  let app: DurableApp;
  let hubName: string;
  const start = async (settings: Record<string, string> = {}): Promise<void> => {
    app = await startDurableApp({ driver, storage, hubName, settings, observerUrl: observer.url });
  };
  beforeAll(async () => {
    storage = await startAzurite();
  });
  beforeEach(async () => {
    hubName = aHubName();
    observer = await startObserver();
    await start();
  });
  afterEach(async () => {
    await app.close();
    await observer.close();
  });
  afterAll(() => storage?.close());
  return {
    get app() {
      return app;
    },
    get observer() {
      return observer;
    },
    told: (input) => observer.seen.filter((one) => one.input === input).length,
    restart: async (options = {}) => {
      await app.close();
      hubName = options.hubName ?? hubName;
      await start(options.settings);
    },
  };
}
