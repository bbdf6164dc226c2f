import type { Node } from 'web-tree-sitter';
import { childrenOf, propertiesOf, unionOf, type BicepFile } from './bicep.js';
import { moduleFile, type Infra } from './infra-files.js';

/** What an expression can be: a list of literals, or the object that it is. Neither: the compiler knows no more than `string`. */
interface Known {
  literals?: readonly string[];
  object?: Node;
}

const typesFile = 'modules/types.bicep';

/** The object behind a type's name, of this file or of those that all files import. */
const typeNamed = (infra: Infra, name: string): Node | undefined =>
  infra.get(typesFile)?.types.find((type) => type.name === name)?.value;

/** `App` of `param app App`. */
const typeNameOf = (file: BicepFile, param: string): string =>
  file.params.find(({ name }) => name === param)?.node.text.match(/^param \w+ (\w+)/)?.[1] ?? '';

const knownOf = (infra: Infra, file: BicepFile, node: Node | undefined): Known => {
  if (node === undefined) return {};
  const parts = childrenOf(node);
  const inner = (child: Node | undefined): Known => knownOf(infra, file, child);
  switch (node.type) {
    case 'number':
      return { literals: [node.text] };
    case 'string':
      return node.text.includes('${') ? {} : { literals: [node.text] };
    case 'object':
      return { object: node };
    case 'parenthesized_expression':
      return inner(parts[0]);
    case 'ternary_expression': {
      const [yes, no] = [inner(parts[1]).literals, inner(parts[2]).literals];
      return yes && no ? { literals: [...yes, ...no] } : {};
    }
    case 'identifier': {
      const param = file.params.find(({ name }) => name === node.text);
      if (param) return param.allowed ? { literals: param.allowed } : {};
      return inner(file.vars.find(({ name }) => name === node.text)?.value);
    }
    case 'member_expression': {
      const [owner, property] = [parts[0], parts[1]?.text ?? ''];
      const object = inner(owner).object;
      if (object) return inner(propertiesOf(object).get(property));
      const type = propertiesOf(typeNamed(infra, typeNameOf(file, owner?.text ?? ''))).get(property);
      const literals = unionOf(type);
      return literals ? { literals } : {};
    }
    default:
      return {};
  }
};

/** Why the compiler refuses the value (BCP036), or nothing. */
const misfit = (allowed: readonly string[] | undefined, { literals }: Known): string[] => {
  if (allowed === undefined) return [];
  if (literals === undefined) return [`takes ${allowed.join(', ')}, and is given what may be anything`];
  return literals.filter((value) => !allowed.includes(value)).map((value) => `does not take ${value}`);
};

/** An object whose properties are all there, none of them unknown, each of what its type takes. */
const shapeFindings = (infra: Infra, file: BicepFile, type: string, object: Node): string[] => {
  const declared = propertiesOf(typeNamed(infra, type));
  const given = propertiesOf(object);
  if (declared.size === 0) return [];
  return [
    ...[...given.keys()].filter((name) => !declared.has(name)).map((name) => `${type} has no ${name}`),
    ...[...declared]
      .filter(([name, node]) => !given.has(name) && node.type !== 'nullable_type')
      .map(([name]) => `${type} lacks ${name}`),
    ...[...declared].flatMap(([name, node]) =>
      given.has(name)
        ? misfit(unionOf(node), knownOf(infra, file, given.get(name))).map((why) => `${type}.${name} ${why}`)
        : [],
    ),
  ];
};

/** Values that modules are given and whose types the compiler refuses: a text where one of a list is wanted, an object of another shape. */
export const typeFindings = (infra: Infra): string[] =>
  [...infra.values()].flatMap((file) =>
    file.modules.flatMap((module) => {
      const target = moduleFile(infra, file, module.path);
      return [...propertiesOf(propertiesOf(module.value).get('params'))].flatMap(([name, value]) => {
        const known = knownOf(infra, file, value);
        const param = target?.params.find((each) => each.name === name);
        const wrong = misfit(param?.allowed, known).map((why) => `${name} ${why}`);
        const shape = target && known.object ? shapeFindings(infra, file, typeNameOf(target, name), known.object) : [];
        return [...wrong, ...shape].map((why) => `${file.path}: module ${module.name}: ${why}`);
      });
    }),
  );
