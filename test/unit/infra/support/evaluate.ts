import type { Node } from 'web-tree-sitter';
import { childrenOf, propertiesOf, stringOf, type BicepFile } from './bicep.js';
import { moduleFile, type Infra } from './infra-files.js';

type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value } | undefined;
type Scope = Readonly<Record<string, Value>>;

/** A resource with the name that it would have. `undefined`: the name is made of what only the service knows. */
export interface NamedResource {
  file: string;
  type: string;
  name: string | undefined;
}

/** The longest names that are allowed: if these fit, all do. */
const hub = 'a-hub-name-of-fifty-characters-which-is-the-longes';
const longest: Scope = { environmentName: 'twelve-chars', primaryHubName: hub, secondaryHubName: hub };

const elementAt = (value: Value, key: string): Value =>
  typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, Value>)[key] : undefined;

const evaluate = (node: Node | undefined, file: BicepFile, scope: Scope): Value => {
  if (node === undefined) return undefined;
  const parts = childrenOf(node);
  const inner = (child: Node | undefined): Value => evaluate(child, file, scope);
  switch (node.type) {
    case 'string': {
      const holes = parts.filter(({ type }) => type === 'interpolation');
      let result = stringOf(node);
      for (const hole of holes) {
        const value = inner(childrenOf(hole)[0]);
        if (typeof value !== 'string') return undefined;
        result = result.replace(hole.text, value);
      }
      return result;
    }
    case 'identifier': {
      if (node.text in scope) return scope[node.text];
      const variable = file.vars.find(({ name }) => name === node.text);
      return variable === undefined ? undefined : inner(variable.value);
    }
    case 'member_expression':
      return elementAt(inner(parts[0]), parts[1]?.text ?? '');
    case 'array':
      return parts.filter(({ type }) => type !== 'comment').map(inner);
    case 'object':
      return Object.fromEntries([...propertiesOf(node)].map(([key, value]) => [key, inner(value)]));
    case 'boolean':
      return node.text === 'true';
    case 'parenthesized_expression':
      return inner(parts[0]);
    case 'ternary_expression':
      // Which way does not matter for the length of names: the first that has a value.
      return inner(parts[1]) ?? inner(parts[2]);
    case 'call_expression':
      return parts[0]?.text === 'uniqueString' ? 'abcdefghijklm' : undefined;
    default:
      return undefined;
  }
};

/** Every new resource of an entry file and the modules below it, with names at their longest. */
export const namedResources = (infra: Infra, entry: string, given: Scope = longest): NamedResource[] => {
  const file = infra.get(entry);
  return file === undefined ? [] : namesOf(infra, file, given);
};

const namesOf = (infra: Infra, file: BicepFile, given: Scope): NamedResource[] => {
  const defaults = Object.fromEntries(file.params.map(({ name, value }) => [name, evaluate(value, file, {})]));
  const scope: Scope = {
    ...defaults,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  const own = file.resources
    .filter(({ existing }) => !existing)
    .flatMap(({ type, value, node }) =>
      loopScopes(node, file, scope).map((inLoop): NamedResource => {
        const name = evaluate(propertiesOf(value).get('name'), file, inLoop);
        return { file: file.path, type, name: typeof name === 'string' ? name : undefined };
      }),
    );
  const below = file.modules.flatMap((module) => {
    const target = moduleFile(infra, file, module.path);
    const params = propertiesOf(propertiesOf(module.value).get('params'));
    const values = Object.fromEntries([...params].map(([name, node]) => [name, evaluate(node, file, scope)]));
    return target === undefined ? [] : namesOf(infra, target, values);
  });
  return [...own, ...below];
};

/** A loop's variable takes each of the values, where they are known. */
const loopScopes = (declaration: Node, file: BicepFile, scope: Scope): Scope[] => {
  const loop = childrenOf(declaration).find(({ type }) => type === 'for_statement');
  if (loop === undefined) return [scope];
  const [initializer, collection] = childrenOf(loop);
  const values = evaluate(collection, file, scope);
  const variable =
    initializer?.type === 'identifier' ? initializer.text : ((initializer && childrenOf(initializer)[0]?.text) ?? '');
  return Array.isArray(values) ? values.map((value: Value) => ({ ...scope, [variable]: value })) : [scope];
};
