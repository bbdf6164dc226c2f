import { startHost, type Host } from '../../../lab/host/start-host.js';
import { registerApp } from '../../../src/app.js';
import { systemClock } from '../../../src/azure/system-clock.js';
import { loadSettings } from '../../../src/settings.js';

/** The app in the stand-in host, in this process. What it logs, and what the host does, goes to `log`. `close` ends the app alone. */
export async function hostApp(
  settings: Record<string, string>,
  log: string[],
): Promise<{ host: Host; close: () => Promise<void> }> {
  let close = async () => {};
  const host = await startHost({
    settings,
    hostJson: 'host.json',
    log: (line) => void log.push(line),
    load: () => {
      const app = registerApp({
        settings: loadSettings(settings),
        clock: systemClock,
        log: (_level, text) => void log.push(text),
      });
      close = () => app.close();
    },
  });
  return { host, close: () => close() };
}
