/**
 * After `azd provision`: builds the package, publishes it to each app, and subscribes the apps to Event Grid. Run by azure.yaml with the
 * outputs of main.bicep in its environment. The same steps by hand are in docs/deploy.md.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

const needed = (env, name) => {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: run this by azd, or set what main.bicep puts out.`);
  return value;
};

/** What is run, in order: a program and its arguments. Throws when an output of main.bicep is missing. */
export const commandsAfterProvision = (env) => {
  const get = (name) => needed(env, name);
  const subscription = ['--subscription', get('AZURE_SUBSCRIPTION_ID')];
  const apps = [
    [get('SECONDARY_RESOURCE_GROUP'), get('SECONDARY_APP_NAME')],
    ...(env.PRIMARY_APP_NAME ? [[get('PRIMARY_RESOURCE_GROUP'), env.PRIMARY_APP_NAME]] : []),
  ];
  const publish = ['functionapp', 'deployment', 'source', 'config-zip', ...subscription, '--src', 'out/app.zip'];
  const subscribe = ['deployment', 'sub', 'create', ...subscription, '--template-file', 'infra/events.bicep'];
  const hub = (role) => [
    `${role}HubName=${get(`${role.toUpperCase()}_HUB_NAME`)}`,
    `${role}HubResourceGroup=${get(`${role.toUpperCase()}_HUB_RESOURCE_GROUP`)}`,
    `${role}Location=${get(`${role.toUpperCase()}_HUB_LOCATION`)}`,
  ];
  const primaryApp = env.PRIMARY_APP_NAME
    ? [
        `primaryResourceGroup=${get('PRIMARY_RESOURCE_GROUP')}`,
        `primaryAppName=${env.PRIMARY_APP_NAME}`,
        `primaryStorageName=${get('PRIMARY_STORAGE_NAME')}`,
      ]
    : [];
  return [
    ['npm', ['ci']],
    ['npm', ['run', 'package']],
    ...apps.map(([group, name]) => ['az', [...publish, '--resource-group', group, '--name', name]]),
    [
      'az',
      [
        ...subscribe,
        '--name',
        `events-${get('AZURE_ENV_NAME')}`,
        '--location',
        get('SECONDARY_LOCATION'),
        '--parameters',
        ...hub('primary'),
        ...hub('secondary'),
        `secondaryResourceGroup=${get('SECONDARY_RESOURCE_GROUP')}`,
        `secondaryAppName=${get('SECONDARY_APP_NAME')}`,
        `secondaryStorageName=${get('SECONDARY_STORAGE_NAME')}`,
        ...primaryApp,
      ],
    ],
  ];
};

/**
 * Runs a command until it succeeds, `attempts` times at most. Event Grid asks the function once and refuses the subscription when the app
 * is still starting (Azure/azure-sdk-for-net#51014); a deployment that is repeated makes the same.
 */
export const runPatiently = async (run, pause, attempts = 4) => {
  for (let attempt = 1; ; attempt += 1)
    try {
      return run();
    } catch (error) {
      if (attempt === attempts) throw error;
      await pause();
    }
};

// oxlint-disable-next-line node/no-process-env
const environment = process.env;
if (import.meta.main ?? process.argv[1]?.endsWith('after-provision.mjs')) {
  const commands = commandsAfterProvision(environment);
  for (const [index, [program, args]] of commands.entries())
    // On Windows npm and az are command files, which only a shell runs; no argument has anything that one would read.
    await runPatiently(
      () => execFileSync(program, args, { stdio: 'inherit', shell: process.platform === 'win32' }),
      () => setTimeout(30_000),
      index === commands.length - 1 ? 4 : 1,
    );
}
