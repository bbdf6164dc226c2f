import { onStopSignal } from '../signals.js';
import { parseDemoOptions } from './options.js';
import { startDemo } from './run-demo.js';

const demo = startDemo(parseDemoOptions(process.argv.slice(2)));
onStopSignal(() => {
  console.log('\nStopping: every process of the demo is ended.');
  demo.stop();
});

try {
  // Clients keep sockets of ours alive; everything is closed by now.
  process.exit(await demo.finished);
} catch (error) {
  console.error(error);
  process.exit(1);
}
