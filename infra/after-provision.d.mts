/** What is run after `azd provision`, in order: a program and its arguments. Throws when an output of main.bicep is missing. */
export function commandsAfterProvision(
  env: Readonly<Record<string, string | undefined>>,
): [program: string, args: string[]][];

/** Runs until it succeeds, `attempts` (4) times at most, with `pause` between; rejects with the last error. */
export function runPatiently(run: () => unknown, pause: () => Promise<unknown>, attempts?: number): Promise<unknown>;
