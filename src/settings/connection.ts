import type { Env } from './environment.js';

/** How a service is reached: a connection string, or an address and an identity. */
export type Connection =
  | { kind: 'connectionString'; value: string }
  | { kind: 'identity'; address: Record<string, string>; credential?: string; clientId?: string };

/** `NAME`, or `NAME__part`s as Azure Functions has identity-based connections. Unset when neither is there. */
export function readConnection(env: Env, name: string, parts: readonly string[]): Connection | undefined {
  const value = env[name];
  if (value) return { kind: 'connectionString', value };
  const address = Object.fromEntries(
    parts.flatMap((part): [string, string][] => {
      const text = env[`${name}__${part}`];
      return text ? [[part, text]] : [];
    }),
  );
  if (Object.keys(address).length === 0) return undefined;
  const credential = env[`${name}__credential`];
  const clientId = env[`${name}__clientId`];
  return { kind: 'identity', address, ...(credential ? { credential } : {}), ...(clientId ? { clientId } : {}) };
}

/** One part of a connection string, whatever the case of its name. A key may end with `=`, so only the first one divides. */
export const connectionStringPart = (text: string, part: string): string | undefined =>
  new RegExp(`(?:^|;)\\s*${part}=([^;]+)`, 'i').exec(text)?.[1]?.trim() || undefined;
