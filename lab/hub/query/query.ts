/** What a query asks for, as far as the laboratory knows the language. */
export interface Query {
  readonly from: 'devices' | 'devices.modules';
  readonly columns: '*' | readonly Column[];
  readonly where?: Condition;
}

/** A name in a twin document, segment by segment. */
export type Path = readonly string[];
export type Column =
  | { readonly kind: 'path'; readonly path: Path; readonly name: string }
  | { readonly kind: 'count'; readonly name: string };
type Scalar = null | boolean | number | string;
export type Operand =
  { readonly kind: 'path'; readonly path: Path } | { readonly kind: 'literal'; readonly value: Scalar };
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type Condition =
  | { readonly op: 'and' | 'or'; readonly left: Condition; readonly right: Condition }
  | { readonly op: 'not'; readonly of: Condition }
  | { readonly op: 'in'; readonly operand: Operand; readonly among: readonly Operand[] }
  | { readonly op: 'isDefined'; readonly path: Path }
  | { readonly op: Comparison; readonly left: Operand; readonly right: Operand };
