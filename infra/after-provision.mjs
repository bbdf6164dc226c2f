/**
 * After `azd provision`: builds the package, publishes it to each app, and subscribes the apps to Event Grid. Run by azure.yaml with the
 * outputs of main.bicep in its environment. The same steps by hand are in docs/deploy.md.
 */
import { execFileSync } from 'node:child_process';

const needed = (env, name) => {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: run this by azd, or set what main.bicep puts out.`);
  return value;
};

/** What is run, in order: a program and its arguments. Throws when an output of main.bicep is missing. */
export const commandsAfterProvision = (env) => {
  const get = (name) => needed(env, name);
  const apps = [
    [get('SECONDARY_RESOURCE_GROUP'), get('SECONDARY_APP_NAME')],
    ...(env.PRIMARY_APP_NAME ? [[get('PRIMARY_RESOURCE_GROUP'), env.PRIMARY_APP_NAME]] : []),
  ];
  const hub = (role) =>
    `${role.toLowerCase()}Hub=${JSON.stringify({ name: get(`${role}_HUB_NAME`), resourceGroup: get(`${role}_HUB_RESOURCE_GROUP`) })}`;
  const primaryApp = env.PRIMARY_APP_NAME
    ? [
        `primaryResourceGroup=${get('PRIMARY_RESOURCE_GROUP')}`,
        `primaryAppName=${env.PRIMARY_APP_NAME}`,
        `primaryStorageName=${get('PRIMARY_STORAGE_NAME')}`,
      ]
    : [];
  return [
    ['npm', ['run', 'package']],
    ...apps.map(([group, name]) => [
      'az',
      [
        'functionapp',
        'deployment',
        'source',
        'config-zip',
        '--resource-group',
        group,
        '--name',
        name,
        '--src',
        'out/app.zip',
      ],
    ]),
    [
      'az',
      [
        'deployment',
        'sub',
        'create',
        '--name',
        `events-${get('AZURE_ENV_NAME')}`,
        '--location',
        get('SECONDARY_LOCATION'),
        '--template-file',
        'infra/events.bicep',
        '--parameters',
        hub('PRIMARY'),
        hub('SECONDARY'),
        `primaryLocation=${get('PRIMARY_HUB_LOCATION')}`,
        `secondaryLocation=${get('SECONDARY_HUB_LOCATION')}`,
        `secondaryResourceGroup=${get('SECONDARY_RESOURCE_GROUP')}`,
        `secondaryAppName=${get('SECONDARY_APP_NAME')}`,
        `secondaryStorageName=${get('SECONDARY_STORAGE_NAME')}`,
        ...primaryApp,
      ],
    ],
  ];
};

// oxlint-disable-next-line node/no-process-env
const environment = process.env;
if (import.meta.main ?? process.argv[1]?.endsWith('after-provision.mjs'))
  for (const [program, args] of commandsAfterProvision(environment))
    // On Windows npm and az are command files, which only a shell runs.
    execFileSync(program, args, { stdio: 'inherit', shell: process.platform === 'win32' });
