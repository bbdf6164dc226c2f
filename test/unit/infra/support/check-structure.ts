import type { Node } from 'web-tree-sitter';
import { childrenOf, everyNode, propertiesOf, type BicepFile } from './bicep.js';
import { entryFiles, moduleFile, type Infra } from './infra-files.js';
import { builtInNames } from './language.js';

const files = (infra: Infra): BicepFile[] => [...infra.values()];
const at = (file: BicepFile, row: number): string => `${file.path}:${row + 1}`;

/** What the grammar does not take. */
export const syntaxFindings = (infra: Infra): string[] =>
  files(infra).flatMap((file) =>
    everyNode(file.root)
      .filter((node) => node.isError || node.isMissing)
      .map((node) => `${at(file, node.startPosition.row)}: syntax error`),
  );

/** Modules whose file or parameters do not fit, outputs that are not there, files that nobody uses. */
export const moduleFindings = (infra: Infra): string[] => {
  const used = new Set([...entryFiles, 'modules/types.bicep']);
  const findings = files(infra).flatMap((file) =>
    file.modules.flatMap((module) => {
      const target = moduleFile(infra, file, module.path);
      if (target === undefined) return [`${file.path}: module ${module.name}: no file ${module.path}`];
      used.add(target.path);
      const given = propertiesOf(propertiesOf(module.value).get('params'));
      const declared = new Set(target.params.map(({ name }) => name));
      const outputs = new Set(target.outputs.map(({ name }) => name));
      const asked = [...file.text.matchAll(new RegExp(`\\b${module.name}!?\\.outputs\\.(\\w+)`, 'g'))].map(
        (match) => match[1] ?? '',
      );
      return [
        ...[...given.keys()]
          .filter((name) => !declared.has(name))
          .map((name) => `${file.path}: module ${module.name}: unknown parameter ${name}`),
        ...target.params
          .filter(({ name, value }) => value === undefined && !given.has(name))
          .map(({ name }) => `${file.path}: module ${module.name}: parameter ${name} is missing`),
        ...asked
          .filter((name) => !outputs.has(name))
          .map((name) => `${file.path}: module ${module.name} has no output ${name}`),
      ];
    }),
  );
  return [
    ...findings,
    ...files(infra)
      .filter(({ path }) => !used.has(path))
      .map(({ path }) => `${path}: nothing uses this file`),
  ];
};

/** Names that nothing declares, and parameters, variables and imports that nothing uses. */
export const nameFindings = (infra: Infra): string[] =>
  files(infra).flatMap((file) => {
    const declared = [...file.params, ...file.vars, ...file.resources, ...file.modules].map(({ name }) => name);
    const types = [...file.types.map(({ name }) => name), ...file.imports];
    const uses = everyNode(file.root).filter((node) => isUse(node.parent?.type, node));
    const local = everyNode(file.root)
      .filter(({ type }) => type === 'for_statement' || type === 'lambda_expression' || type === 'for_loop_parameters')
      .flatMap((node) =>
        childrenOf(node).flatMap((child) =>
          child.type === 'identifier' ? [child.text] : childrenOf(child).map(({ text }) => text),
        ),
      );
    const known = new Set([...declared, ...types, ...local, ...builtInNames]);
    const usedNames = new Set(uses.map(({ text }) => text));
    const words = new Set(file.text.match(/\w+/g) ?? []);
    const wordCount = (name: string): number => file.text.split(new RegExp(`\\b${name}\\b`)).length - 1;
    return [
      ...uses
        .filter(({ text }) => !known.has(text))
        .map((node) => `${at(file, node.startPosition.row)}: ${node.text} is not declared`),
      ...[...file.params, ...file.vars]
        .filter(({ name }) => !usedNames.has(name))
        .map(({ name }) => `${file.path}: ${name} is never used`),
      ...file.imports
        .filter((name) => words.has(name) && wordCount(name) < 2)
        .map((name) => `${file.path}: import ${name} is never used`),
    ];
  });

/** An identifier that refers to something: not one that declares, nor a key, nor a property behind a dot. */
const isUse = (parent: string | undefined, node: Node): boolean => {
  if (node.type !== 'identifier') return false;
  const first = node.parent === null ? undefined : childrenOf(node.parent)[0];
  const leads = first?.id === node.id;
  if (parent === 'object_property') return !leads;
  if (parent?.endsWith('_declaration')) return !leads;
  return parent !== 'import_functionality' &&
    parent !== 'for_statement' &&
    parent !== 'for_loop_parameters' &&
    parent !== 'lambda_expression'
    ? true
    : !leads;
};

const limits = ['allowed', 'minValue', 'maxValue', 'minLength', 'maxLength', 'secure'];

/** Parameters of the entry files without a description; numbers and required texts without limits. */
export const parameterFindings = (infra: Infra): string[] => {
  const main = infra.get('main.bicep');
  return (main?.params ?? []).flatMap(({ name, decorators, node }) => [
    ...(decorators.includes('description') ? [] : [`main.bicep: parameter ${name} has no description`]),
    ...(/ (int|string)( =|$)/.test(node.text.split('\n')[0] ?? '') &&
    !/^(relayImage)$/.test(name) &&
    !decorators.some((word) => limits.includes(word))
      ? [`main.bicep: parameter ${name} has no limits`]
      : []),
  ]);
};
