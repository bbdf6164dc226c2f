import { childrenOf, propertiesOf } from './bicep.js';
import type { Infra } from './infra-files.js';

/** What each new resource of a type must say: its properties by path, and their text. */
const locks: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'Microsoft.Storage/storageAccounts': {
    'properties.allowSharedKeyAccess': 'false',
    'properties.allowBlobPublicAccess': 'false',
    'properties.supportsHttpsTrafficOnly': 'true',
  },
  'Microsoft.EventHub/namespaces': { 'properties.disableLocalAuth': 'true' },
  'Microsoft.Insights/components': { 'properties.DisableLocalAuth': 'true' },
  'Microsoft.KeyVault/vaults': { 'properties.enableRbacAuthorization': 'true' },
  'Microsoft.Web/sites': {
    'properties.httpsOnly': 'true',
    'properties.keyVaultReferenceIdentity': 'region.identityId',
    'identity.type': "'UserAssigned'",
  },
  'Microsoft.Authorization/roleAssignments': { 'properties.principalType': "'ServicePrincipal'" },
};

/** Doors that are open: shared keys, plain HTTP, roles on a whole group, a policy or a custom role that may more than it is for. */
export const lockFindings = (infra: Infra): string[] =>
  [...infra.values()].flatMap((file) =>
    file.resources
      .filter(({ existing }) => !existing)
      .flatMap(({ name, type, value, node }) => {
        const at = (path: string): string =>
          path.split('.').reduce((inner, key) => propertiesOf(inner).get(key) ?? inner, value ?? node).text;
        const open = Object.entries(locks[type] ?? {})
          .filter(([path, text]) => at(path) !== text)
          .map(([path, text]) => `${path} is not ${text}`);
        const scope = propertiesOf(value).get('scope');
        const wide = type === 'Microsoft.Authorization/roleAssignments' && !scope ? ['has no scope of its own'] : [];
        const rights = [...node.text.matchAll(/rights: '([^']+)'/g)].map(([, right]) => right);
        const policies = rights.filter((right) => right !== 'ServiceConnect').map((right) => `a policy with ${right}`);
        const actions = [...node.text.matchAll(/'(Microsoft\.[\w.]+\/[\w/*]+)'\n/g)].map(([, action = '']) => action);
        const powers = actions.filter((action) => /\*|failover|delete|iotHubs\/write/i.test(action));
        return [...open, ...wide, ...policies, ...powers.map((action) => `may ${action}`)].map(
          (why) => `${file.path}: ${name}: ${why}`,
        );
      }),
  );

/** Storage whose parked and dead letters nobody ever deletes. */
export const lifecycleFindings = (infra: Infra): string[] => {
  const rules = infra.get('modules/storage.bicep')?.resources.find(({ type }) => type.endsWith('/managementPolicies'));
  const text = rules?.node.text ?? '';
  return ['event-grid-dead-letters/', 'standby-parked/']
    .filter(
      (prefix) => !new RegExp(`prefixMatch: \\['${prefix}'\\](?:(?!prefixMatch)[^])*delete: \\{ daysAfter`).test(text),
    )
    .map((prefix) => `${prefix} is never cleared`);
};

/** A hub that is there already must never be declared as a new one: the deployment would replace its routes and policies. */
export const existingHubFindings = (infra: Infra): string[] => {
  const main = infra.get('main.bicep');
  const makers = [...infra.values()].filter(({ resources }) =>
    resources.some(({ type, existing }) => type === 'Microsoft.Devices/IotHubs' && !existing),
  );
  const unguarded = (main?.modules ?? [])
    .filter(({ path }) => path === 'modules/hub.bicep')
    .filter(({ name, node }) => {
      const condition = childrenOf(node).find(({ type }) => type === 'if_statement')?.text ?? '';
      const role = name.replace(/^./, (letter) => letter.toUpperCase());
      return !condition.startsWith(`if (empty(existing${role}))`);
    });
  return [
    ...makers.filter(({ path }) => path !== 'modules/hub.bicep').map(({ path }) => `${path} makes a hub`),
    ...unguarded.map(({ name }) => `main.bicep: ${name} would replace an existing hub`),
  ];
};
