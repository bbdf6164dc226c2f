import { registerApp } from './app.js';
import { systemClock } from './azure/system-clock.js';
import { loadSettings } from './settings.js';

// Whatever is wrong here must throw: a caught error would leave a host that runs and has no functions.
registerApp({
  settings: loadSettings(process.env),
  clock: systemClock,
  // The worker takes what is written to the console outside of an invocation as the function app's own log.
  // oxlint-disable-next-line no-console
  log: (level, text) => console[level](text),
});
