/** Bicep files as far as the checks need them, read with the grammar: the compiler itself cannot be had everywhere. */
import { createRequire } from 'node:module';
import { Language, Parser, type Node } from 'web-tree-sitter';

interface Declared {
  name: string;
  /** The declaration, with everything in it. */
  node: Node;
  /** The value, or the body behind `if` and `for`. */
  value: Node | undefined;
  /** Names of its decorators. */
  decorators: readonly string[];
  /** The values that its decorator or its type lists, as they are written; undefined: it lists none. */
  allowed: readonly string[] | undefined;
}
interface Resource extends Declared {
  type: string;
  apiVersion: string;
  existing: boolean;
}
interface Module extends Declared {
  /** As written: relative to the file. */
  path: string;
}
export interface BicepFile {
  path: string;
  text: string;
  root: Node;
  params: Declared[];
  vars: Declared[];
  resources: Resource[];
  modules: Module[];
  outputs: Declared[];
  types: Declared[];
  imports: string[];
}

const grammar = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');

/** One parser for all files. */
export const createBicepReader = async (): Promise<(path: string, text: string) => BicepFile> => {
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(grammar));
  return (path, text) => {
    const tree = parser.parse(text);
    if (tree === null) throw new TypeError(`${path}: not parsed`);
    return read(path, text, tree.rootNode);
  };
};

export const childrenOf = (node: Node): Node[] => node.namedChildren.filter((child) => child !== null);

/** Every node below, itself included. */
export const everyNode = (node: Node): Node[] => [node, ...childrenOf(node).flatMap(everyNode)];

/** The text of a string without its quotes; interpolations stay as they are written. */
export const stringOf = (node: Node): string => node.text.slice(1, -1);

/** Strings and numbers of a union, or of the decorator `allowed`. */
const literalsOf = (node: Node | undefined): string[] =>
  node === undefined
    ? []
    : everyNode(node)
        .filter(({ type }) => type === 'string' || type === 'number')
        .map(({ text }) => text);

/** The members of a type that is a union; the grammar reads one of two strings as a binary expression. */
export const unionOf = (type: Node | undefined): readonly string[] | undefined =>
  type !== undefined && everyNode(type).some((node) => /^(union_type|binary_expression)$/.test(node.type))
    ? literalsOf(type)
    : undefined;

/** The object behind `if (...)` and `for ... :`. */
const bodyOf = (node: Node | undefined): Node | undefined => {
  if (node === undefined || node.type === 'object') return node;
  if (node.type !== 'if_statement' && node.type !== 'for_statement') return node;
  return bodyOf(childrenOf(node).at(-1));
};

/** The properties of an object, by name. */
export const propertiesOf = (node: Node | undefined): Map<string, Node> => {
  if (node === undefined || node.type !== 'object') return new Map();
  return new Map(
    childrenOf(node)
      .filter(({ type }) => type === 'object_property')
      .flatMap((property): [string, Node][] => {
        const [key, value] = childrenOf(property);
        return key === undefined || value === undefined
          ? []
          : [[key.type === 'string' ? stringOf(key) : key.text, value]];
      }),
  );
};

const read = (path: string, text: string, root: Node): BicepFile => {
  const file: BicepFile = {
    path,
    text,
    root,
    params: [],
    vars: [],
    resources: [],
    modules: [],
    outputs: [],
    types: [],
    imports: [],
  };
  let decorators: Node[] = [];
  for (const node of childrenOf(root)) {
    if (node.type === 'decorators') {
      decorators = everyNode(node).filter(({ type }) => type === 'call_expression');
      continue;
    }
    const parts = childrenOf(node);
    const nameOf = (decorator: Node): string => childrenOf(decorator)[0]?.text ?? '';
    const listed = decorators.find((decorator) => nameOf(decorator) === 'allowed');
    const base: Declared = {
      name: parts[0]?.text ?? '',
      node,
      value: bodyOf(parts.at(-1)),
      decorators: decorators.map(nameOf),
      allowed: listed ? literalsOf(listed) : unionOf(parts.find(({ type }) => type === 'type')),
    };
    if (node.type === 'parameter_declaration')
      file.params.push({ ...base, value: / = /.test(node.text) ? base.value : undefined });
    if (node.type === 'variable_declaration') file.vars.push(base);
    if (node.type === 'output_declaration') file.outputs.push(base);
    if (node.type === 'type_declaration') file.types.push(base);
    if (node.type === 'import_functionality')
      file.imports.push(...parts.filter((p) => p.type === 'identifier').map((p) => p.text));
    const quoted = parts[1]?.type === 'string' ? stringOf(parts[1]) : '';
    if (node.type === 'module_declaration') file.modules.push({ ...base, path: quoted });
    if (node.type === 'resource_declaration') {
      const [type = '', apiVersion = ''] = quoted.split('@');
      file.resources.push({ ...base, type, apiVersion, existing: / existing = /.test(node.text.split('{')[0] ?? '') });
    }
    decorators = [];
  }
  return file;
};
