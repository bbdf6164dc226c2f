/** What is run after `azd provision`, in order: a program and its arguments. Throws when an output of main.bicep is missing. */
export function commandsAfterProvision(
  env: Readonly<Record<string, string | undefined>>,
): [program: string, args: string[]][];
