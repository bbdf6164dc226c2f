import { childrenOf, everyNode, propertiesOf, stringOf, type BicepFile } from './bicep.js';
import { namedResources } from './evaluate.js';
import { entryFiles, type Infra } from './infra-files.js';
import { apiVersions, builtInRoles, nameRules } from './known.js';

const guid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Role ids that no document has, and those whose comment does not name the role and say what for. */
export const roleFindings = (infra: Infra): string[] =>
  [...infra.values()].flatMap((file) =>
    [...file.text.matchAll(guid)].flatMap((match) => {
      const name = builtInRoles[match[0]];
      if (name === undefined) return [`${file.path}: ${match[0]} is no documented role`];
      const above = file.text.slice(0, match.index).split('\n').slice(-4, -1).join(' ');
      return new RegExp(`// .*${name}: \\w`).test(above)
        ? []
        : [`${file.path}: ${match[0]} is ${name}, without its reason`];
    }),
  );

export const versionFindings = (infra: Infra): string[] =>
  [...infra.values()].flatMap((file) =>
    file.resources
      .filter(({ type, apiVersion }) => !(apiVersions[type] ?? []).includes(apiVersion))
      .map(({ type, apiVersion }) => `${file.path}: ${type} has no version ${apiVersion}`),
  );

/** Names that the service would refuse, with every parameter at its longest. */
export const nameRuleFindings = (infra: Infra): string[] =>
  entryFiles
    .flatMap((entry) => namedResources(infra, entry))
    .flatMap(({ file, type, name }) => {
      const rule = nameRules[type];
      if (rule === undefined || (name !== undefined && rule.test(name))) return [];
      return [`${file}: ${name ?? 'a name that cannot be told'} is no name for ${type}`];
    });

const secretWord = /SharedAccessKey|AccountKey|listKeys|\bkeys?\(|primaryKey|secondaryKey|ConnectionString/i;

/** A call that lists keys, or a connection string that holds one; an action's name in a role is neither. */
const keyInText = /listKeys\(|SharedAccessKey=|AccountKey=/i;

/** Keys that leave the vault: in outputs, in settings, in anything but a secret of Key Vault. */
export const keyFindings = (infra: Infra): string[] =>
  [...infra.values()].flatMap((file) => {
    const secure = file.params.filter(({ decorators }) => decorators.includes('secure')).map(({ name }) => name);
    const names = (text: string): boolean => secure.some((name) => new RegExp(`\\b${name}\\b`).test(text));
    const outputs = file.outputs
      .filter(({ node }) => secretWord.test(node.text) || names(node.text))
      .map(({ name }) => `${file.path}: output ${name} tells a key`);
    const elsewhere = file.resources
      .filter(({ type, existing }) => !existing && type !== 'Microsoft.KeyVault/vaults/secrets')
      .filter(({ node }) => keyInText.test(node.text) || names(node.text))
      .map(({ name }) => `${file.path}: resource ${name} is given a key`);
    const variables = file.vars
      .filter(({ node }) => keyInText.test(node.text) || names(node.text))
      .map(({ name }) => `${file.path}: variable ${name} holds a key`);
    return [...outputs, ...elsewhere, ...variables];
  });

/** Names of settings that a file gives: the keys of its objects written like settings, and the properties of Tuning. */
const settingsOf = (file: BicepFile | undefined): Map<string, string> =>
  new Map(
    [...(file?.vars ?? []), ...(file?.types ?? [])].flatMap(({ value }) =>
      [...propertiesOf(value)]
        .filter(([name]) => /^[A-Z][A-Za-z]*(_|[A-Z]*[a-z]*Storage)|^FEATURES$/.test(name))
        .map(([name, node]): [string, string] => [name, node.type === 'string' ? stringOf(node) : node.text]),
    ),
  );

export interface KnownSetting {
  parts?: readonly string[];
  secret: boolean;
}

const identityParts = ['credential', 'clientId'];
/** What the host itself reads. */
const hostSettings = /^(APPLICATIONINSIGHTS_|FUNCTIONS_|WEBSITE_|AzureFunctionsJobHost__)/;

/** Not given: the relay that infra makes reads the state storage of its region's app, and the last two are older names. */
const notNeeded = new Set(['RELAY_APP_URL', 'RELAY_APP_KEY', 'STANDBY_TIER', 'STANDBY_UNITS']);

/** Settings that the app reads and infra does not give; ones that it does not know; secrets given as text. */
export const settingFindings = (infra: Infra, known: ReadonlyMap<string, KnownSetting>): string[] => {
  const given = new Map([
    ...settingsOf(infra.get('modules/app-settings.bicep')),
    ...settingsOf(infra.get('modules/types.bicep')),
  ]);
  const base = (name: string): string => name.split('__')[0] ?? name;
  const unknown = [...given.keys()].filter((name) => {
    const setting = known.get(base(name));
    const part = name.split('__')[1];
    if (setting === undefined) return !hostSettings.test(name);
    return part !== undefined && ![...(setting.parts ?? []), ...identityParts].includes(part);
  });
  const bases = new Set([...given.keys()].map(base));
  return [
    ...unknown.map((name) => `${name}: the app knows no such setting`),
    ...[...known.keys()]
      .filter((name) => !bases.has(name) && !notNeeded.has(name))
      .map((name) => `${name}: infra does not give it`),
    ...[...given]
      .filter(([name, value]) => known.get(name)?.secret === true && !value.startsWith('@Microsoft.KeyVault('))
      .map(([name]) => `${name}: a secret that is no reference to Key Vault`),
    // The app's host reads a connection by identity only when all three are there.
    ...[...given.keys()]
      .filter(
        (name) => name.includes('__') && !identityParts.includes(name.split('__')[1] ?? '') && known.has(base(name)),
      )
      .flatMap((name) =>
        identityParts
          .filter((part) => !given.has(`${base(name)}__${part}`))
          .map((part) => `${base(name)}__${part}: is missing`),
      ),
  ];
};

/** Routes, endpoints and event subscriptions that the flows stand on. */
export const flowFindings = (infra: Infra): string[] => {
  const text = (path: string, type: string): string =>
    infra.get(path)?.resources.find((resource) => resource.type === type)?.node.text ?? '';
  const hub = text('modules/hub.bicep', 'Microsoft.Devices/IotHubs');
  const events = text('modules/event-grid.bicep', 'Microsoft.EventGrid/systemTopics/eventSubscriptions');
  const needs: [string, boolean][] = [
    ...['TwinChangeEvents', 'DeviceLifecycleEvents'].map((source): [string, boolean] => [
      `route of ${source}`,
      new RegExp(`source: '${source}'[^}]*endpointNames: \\['standby'\\][^}]*isEnabled: true`).test(hub),
    ]),
    ['identity-based endpoint', /name: 'standby'\s+authenticationType: 'identityBased'/.test(hub)],
    ['fallback route of telemetry', /fallbackRoute: \{[^}]*'DeviceMessages'[^}]*isEnabled: true/.test(hub)],
    ...['DeviceCreated', 'DeviceDeleted'].map((event): [string, boolean] => [
      `subscription of ${event}`,
      events.includes(`'Microsoft.Devices.${event}'`),
    ]),
    ['subscription to registrySync', events.includes("/functions/registrySync'")],
    ['retry policy', /retryPolicy: \{ maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 \}/.test(events)],
    ['dead letters', events.includes('deadLetterWithResourceIdentity')],
  ];
  return needs.filter(([, there]) => !there).map(([need]) => `${need} is missing`);
};

/** The primary hub's changes go to the secondary region and the other way round; each hub has its own event hub. */
export const crossingFindings = (infra: Infra): string[] => {
  const main = infra.get('main.bicep');
  const params = (name: string) =>
    propertiesOf(propertiesOf(main?.modules.find((module) => module.name === name)?.value).get('params'));
  const given = (module: string, param: string): string => params(module).get(param)?.text ?? '';
  const events = infra.get('events.bicep');
  const appOf = (name: string): string =>
    propertiesOf(propertiesOf(events?.modules.find((module) => module.name === name)?.value).get('params')).get(
      'appName',
    )?.text ?? '';
  return [
    ...(given('primaryHub', 'routesNamespace').startsWith('secondaryRegion.')
      ? []
      : ['the primary hub routes into its own region']),
    ...(given('secondaryHub', 'routesNamespace').startsWith('paired ? primaryRegion.')
      ? []
      : ['the secondary hub routes into its own region in the paired form']),
    ...(given('primaryHub', 'routesEventHub') === given('secondaryHub', 'routesEventHub')
      ? ['both hubs route into one event hub']
      : []),
    ...(appOf('fromPrimaryHub').startsWith('secondary') ? [] : ["the primary hub's events go to its own region"]),
    ...(appOf('fromSecondaryHub').startsWith('paired ? primaryAppName')
      ? []
      : ["the secondary hub's events go to its own region in the paired form"]),
  ];
};

/** For the table of needs: does this file hold this text? */
export const holds = (infra: Infra, path: string, words: string): boolean => {
  const file = infra.get(path.replace(/^infra\//, ''));
  return (
    file !== undefined &&
    everyNode(file.root).some((node) => node.text.includes(words) && childrenOf(node).length <= 400)
  );
};
