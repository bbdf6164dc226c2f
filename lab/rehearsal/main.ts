import { onStopSignal } from '../signals.js';
import { parseRehearsalOptions } from './options.js';

const options = parseRehearsalOptions(process.argv.slice(2));
console.log(
  `iothub-standby: rehearsal of a hub failover, on this machine only (seed ${options.seed}, time scale ${options.failover.timeScale})\n`,
);
// After the options: --help and a wrong option are answered before the SDKs are loaded.
const { startRehearsal } = await import('./run-rehearsal.js');
const rehearsal = startRehearsal(options);
onStopSignal(() => {
  console.log('\nStopping: every process of the rehearsal is ended.');
  rehearsal.stop();
});

try {
  const { ok } = await rehearsal.finished;
  // Clients keep sockets of ours alive; everything is closed by now.
  process.exit(ok ? 0 : 1);
} catch (error) {
  console.error(error);
  process.exit(1);
}
