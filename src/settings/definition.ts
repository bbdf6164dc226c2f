import { z } from 'zod';
import { features, type Feature } from './features.js';

/** What people read about a setting; README's table and the infrastructure's checks are made from it. */
interface Described {
  /** Which parts of the app read it. */
  features: readonly Feature[];
  /** One sentence in Markdown, without its full stop; the unit is in the setting's name. */
  meaning: string;
  /** A value for local.settings.example.json; without one it is not in that file. `{braces}` are to be filled in. */
  example?: string;
}

/** A value of its own. `schema` holds the default. */
export interface ValueForm<Value> {
  kind: 'value';
  schema: z.ZodType<Value>;
  /** What an unset one means, for people. */
  unset: string;
  /** What it may be, for people. */
  limits?: string;
  /** Belongs in Key Vault. */
  secret: boolean;
}

/** A connection string, or `NAME__part`s. Its string holds a key. */
interface ConnectionForm {
  kind: 'connection';
  parts: readonly string[];
  unset: string;
  secret: true;
}

type ValueDefinition<Value = unknown> = Described & ValueForm<Value>;
export type ConnectionDefinition = Described & ConnectionForm;
export type SettingDefinition = ValueDefinition | ConnectionDefinition;

/** `NAME__part`s of a connection without a key ("Configure an identity-based connection" of Azure Functions). */
export const identityNames = (name: string, { parts }: ConnectionDefinition): string[] =>
  [...parts, 'credential', 'clientId'].map((part) => `${name}__${part}`);

export const everyFeature: readonly Feature[] = features;

const code = (value: string | number): string => `\`${value}\``;

/** As a person writes a number: not `0x10`, `1e3` or an empty text, which JavaScript would take. */
const written = z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a number in digits');
const number = written.transform(Number);

export const wholeNumber = (unset: number, min: number, max: number): ValueForm<number> => ({
  kind: 'value',
  schema: number.pipe(z.int().min(min).max(max)).default(unset),
  unset: code(unset),
  limits: `whole, ${min} to ${max}`,
  secret: false,
});

export const decimal = (unset: number, min: number, max: number): ValueForm<number> => ({
  kind: 'value',
  schema: number.pipe(z.number().min(min).max(max)).default(unset),
  unset: code(unset),
  limits: `${min} to ${max}`,
  secret: false,
});

export const share = (unset: number): ValueForm<number> => ({
  kind: 'value',
  schema: number.pipe(z.number().gt(0).max(1)).default(unset),
  unset: code(unset),
  limits: 'above 0, to 1',
  secret: false,
});

export const choice = <const Options extends readonly [string, ...string[]]>(
  unset: Options[number],
  options: Options,
): ValueForm<Options[number]> => ({
  kind: 'value',
  schema: z.enum(options).default(unset as z.core.util.NoUndefined<Options[number]>),
  unset: code(unset),
  limits: options.map(code).join(', '),
  secret: false,
});

/** The name of an event hub or a consumer group ("Quotas and limits of Event Hubs": letters, digits, `.`, `-`, `_`). */
export const entityName = (unset: string): ValueForm<string> => ({
  kind: 'value',
  schema: z
    .string()
    .regex(/^(\$Default|[A-Za-z0-9]([\w.-]{0,254}[A-Za-z0-9])?)$/i, 'is no name of an event hub or consumer group')
    .default(unset),
  unset: code(unset),
  secret: false,
});

export const text = (unset: string): ValueForm<string> => ({
  kind: 'value',
  schema: z.string().min(1).default(unset),
  unset: code(unset),
  secret: false,
});

/** A form of its own, read by `schema` when it is set. */
export const optional = <Value>(
  schema: z.ZodType<Value>,
  about: { limits?: string; secret?: boolean; unset?: string } = {},
): ValueForm<Value | undefined> => ({
  kind: 'value',
  schema: schema.optional(),
  unset: about.unset ?? 'none',
  ...(about.limits === undefined ? {} : { limits: about.limits }),
  secret: about.secret ?? false,
});

export const connection = (unset: string, parts: readonly string[]): ConnectionForm => ({
  kind: 'connection',
  parts,
  unset,
  secret: true,
});
