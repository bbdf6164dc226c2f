import type { SettingDefinition, ValueForm } from './definition.js';
import { definitions } from './definitions.js';
import type { Env } from './environment.js';

type Definitions = typeof definitions;

/** The settings that stand alone, by name. An optional one that is unset is undefined. */
export type SettingValues = {
  readonly [
    Name in keyof Definitions as Definitions[Name] extends { kind: 'value' } ? Name : never
  ]: Definitions[Name] extends ValueForm<infer Value> ? Value : never;
};

/** Each wrong one is added to `problems`, without its value, and read as if it were unset, so that the others are still checked. */
export function readValues(env: Env, problems: string[]): SettingValues {
  const values = Object.entries<SettingDefinition>(definitions).flatMap(([name, definition]) => {
    if (definition.kind !== 'value') return [];
    const result = definition.schema.safeParse(env[name]);
    if (result.success) return [[name, result.data]];
    problems.push(...result.error.issues.map(({ message }) => `${name}: ${message}`));
    return [[name, definition.schema.parse(undefined)]];
  });
  // Made of the same definitions as its type.
  return Object.fromEntries(values) as SettingValues;
}
