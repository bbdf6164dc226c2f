import { onStopSignal } from '../signals.js';
import { parseDemoOptions } from './options.js';

const options = parseDemoOptions(process.argv.slice(2));
// After the options: --help and a wrong option are answered before the SDKs are loaded.
const { startDemo } = await import('./run-demo.js');
const demo = startDemo(options);
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
