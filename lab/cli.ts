import { Command, InvalidArgumentError } from 'commander';
import type { LabDescription } from './contracts.js';
import { mergeSettingsFile } from './settings-file.js';
import { onStopSignal } from './signals.js';
import { startLab } from './start-lab.js';

interface CliOptions {
  port?: number;
  eventHubsPort?: number;
  webhook?: string;
  settings?: string;
}

const port = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('A port from 0 (a free one) to 65535 is needed.');
  return value;
};

const url = (text: string): string => {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new InvalidArgumentError('An address such as http://127.0.0.1:7071 is needed.');
  return text;
};

const settingsOf = ({ env, settings }: LabDescription): Record<string, string> => ({ ...settings, ...env });

const print = (description: LabDescription, controlUrl: string, options: CliOptions): void => {
  console.log('The laboratory is up: two IoT Hubs on this machine, gone when this command ends.\n');
  for (const { role, hostName } of description.hubs) console.log(`  ${role.padEnd(10)} ${hostName}`);
  console.log(`  event hubs ${description.eventHubs.names.join(', ')}`);
  console.log(`  control    ${controlUrl}/lab\n`);
  if (options.webhook === undefined)
    console.log('Event Grid delivers nowhere yet. With a host: --webhook http://127.0.0.1:7071\n');
  console.log('Any Node program reaches the hubs under their real names with this environment:\n');
  for (const [name, value] of Object.entries(description.env)) console.log(`  export ${name}='${value}'`);
  if (options.settings === undefined) {
    console.log('\nSettings for `func host start` (--settings local.settings.json writes them):\n');
    console.log(JSON.stringify({ IsEncrypted: false, Values: settingsOf(description) }, undefined, 2));
  } else console.log(`\n${options.settings} is set for \`func host start\` in another terminal.`);
  console.log('\nCtrl-C ends it.');
};

const run = async (options: CliOptions): Promise<void> => {
  const { settings: settingsFile, ...labOptions } = options;
  const stopped = Promise.withResolvers<void>();
  onStopSignal(() => stopped.resolve());
  const lab = await startLab({ ...labOptions, log: (line) => console.log(`  ${line}`) });
  try {
    if (settingsFile !== undefined) mergeSettingsFile(settingsFile, settingsOf(lab.description));
    print(lab.description, lab.controlUrl, options);
    if (options.eventHubsPort === undefined && lab.namespace.port !== 5672)
      console.log(
        `\nPort 5672 was taken: Event Hubs are on ${lab.namespace.port}. The real Functions host may insist on 5672 whatever its settings say.`,
      );
    await stopped.promise;
  } finally {
    await lab.close();
  }
};

const command = new Command('npm run lab --')
  .description(
    'Two IoT Hubs with their Event Hubs, Event Grid and storage on this machine, for `func host start` or any client.',
  )
  .option('--port <n>', 'port of the control API (default: a free one)', port)
  .option('--event-hubs-port <n>', 'port of the Event Hubs namespace (default: 5672, else a free one)', port)
  .option('--webhook <url>', 'base address of the Functions host: Event Grid delivers there', url)
  .option('--settings <file>', 'write what to set into this local.settings.json');

try {
  await run(command.parse().opts<CliOptions>());
  // Clients keep sockets of ours alive; everything is closed by now.
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
