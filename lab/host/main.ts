/**
 * The stand-in as a process of its own: `node dist/lab/host/main.js [--app FOLDER] [--entry FILE] [--settings FILE]
 * [--host-json FILE] [--port N]`, usually forked by startHostProcess. LAB_HOST_START (JSON) carries settings, keys and tuning.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { entryOf, readLocalSettings } from './app-folder.js';
import { startHost, type Host } from './start-host.js';

const startSchema = z.object({
  settings: z.record(z.string(), z.string()).default({}),
  keys: z.record(z.string(), z.string()).default({}),
  tuning: z.record(z.string(), z.number()).default({}),
});

const { values: args } = parseArgs({
  options: {
    app: { type: 'string', default: '.' },
    entry: { type: 'string' },
    settings: { type: 'string' },
    'host-json': { type: 'string' },
    port: { type: 'string', default: '0' },
  },
});

const log = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);

async function start(): Promise<Host> {
  const given = startSchema.parse(JSON.parse(process.env['LAB_HOST_START'] ?? '{}'));
  delete process.env['LAB_HOST_START'];
  const fromFile = args.settings === undefined ? {} : await readLocalSettings(args.settings);
  // Core Tools leave alone what the environment has already.
  for (const [name, value] of Object.entries(fromFile)) process.env[name] ??= value;
  Object.assign(process.env, given.settings);
  const settings = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined));
  return startHost({
    log,
    settings: settings as Record<string, string>,
    load: args.entry ?? (await entryOf(args.app)),
    hostJson: args['host-json'] ?? resolve(args.app, 'host.json'),
    port: Number(args.port),
    keys: given.keys,
    tuning: given.tuning,
  });
}

async function stop(host: Host): Promise<void> {
  await host.close();
  process.exit(0);
}

try {
  const host = await start();
  const { port, url, masterKey, functionKey, systemKey, functions } = host;
  // Ctrl-C reaches the whole group and the parent tells us too: `close` bears being called twice.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(host));
  process.once('disconnect', () => void stop(host));
  process.send?.({ type: 'ready', port, url, masterKey, functionKey, systemKey, functions });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  if (error instanceof Error && error.cause instanceof Error) process.stderr.write(`Caused by: ${error.cause.stack}\n`);
  process.exit(1);
}
