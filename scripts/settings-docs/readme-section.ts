import { identityNames, type SettingDefinition } from '../../src/settings/definition.js';

const begin = '<!-- settings: made by `npm run settings-docs` from src/settings -->';
const end = '<!-- settings: end -->';

/** Which features read it; most settings belong to one or to all. */
const featuresOf = ({ features }: SettingDefinition, all: number): string =>
  features.length === all ? 'all' : features.join(', ');

const marks = (definition: SettingDefinition): string =>
  definition.kind === 'connection' ? ' °' : definition.secret ? ' †' : '';

/** GitHub's tables end a cell at each bar, even in code. */
const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function table(definitions: Readonly<Record<string, SettingDefinition>>): string {
  const all = new Set(Object.values(definitions).flatMap(({ features }) => features)).size;
  const rows = Object.entries(definitions).map(([name, definition]) =>
    row([
      `\`${name}\`${marks(definition)}`,
      definition.unset,
      (definition.kind === 'value' ? definition.limits : undefined) ?? '',
      featuresOf(definition, all),
      definition.meaning,
    ]),
  );
  return [row(['setting', 'default', 'limits', 'feature', 'what it is']), row(Array(5).fill('---')), ...rows].join(
    '\n',
  );
}

/** One line for all the connections that are addressed in the same way. */
function identityForms(definitions: Readonly<Record<string, SettingDefinition>>): string {
  const groups = new Map<string, string[]>();
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.kind !== 'connection') continue;
    const forms = identityNames('NAME', definition)
      .map((form) => `\`${form}\``)
      .join(', ');
    groups.set(forms, [...(groups.get(forms) ?? []), `\`${name}\``]);
  }
  return [...groups].map(([forms, names]) => `- ${names.join(', ')}: ${forms}`).join('\n');
}

/** What stands between the two markers of README, before Prettier. */
export const settingsSection = (definitions: Readonly<Record<string, SettingDefinition>>): string =>
  `° takes a connection string, or the identity form that Azure Functions has, with these names:

${identityForms(definitions)}

Set \`NAME__credential\` to \`managedidentity\` for the app's identity, and \`NAME__clientId\` too for a user-assigned one. For storage \`NAME__accountName\` is
enough, or all three addresses. † holds a key, as a connection string does: give it as a reference to Key Vault.

${table(definitions)}`;

/** README with its section made anew, before Prettier; undefined when its markers are not there. */
export function withSection(readme: string, section: string): string | undefined {
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) return undefined;
  return `${readme.slice(0, from)}${begin}\n\n${section}\n\n${readme.slice(to)}`;
}
