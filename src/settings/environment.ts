/** Settings that are set, trimmed. */
export type Env = Readonly<Record<string, string>>;

/** An empty setting is an unset one: that is how portals and templates leave them. */
export const present = (source: Readonly<Record<string, string | undefined>>): Env =>
  Object.fromEntries(
    Object.entries(source).flatMap(([name, value]): [string, string][] =>
      value?.trim() ? [[name, value.trim()]] : [],
    ),
  );
