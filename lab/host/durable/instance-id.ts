/** DurableClient.StartNewAsync of the extension refuses these. */
// oxlint-disable-next-line no-control-regex
const bad = /[/\\#?\u0000-\u001f\u007f-\u009f]|^@|^$/;

/** Why no orchestration may have this id; undefined: it may. */
export const idProblem = (instanceId: string): string | undefined =>
  bad.test(instanceId)
    ? "Instance ids must not start with '@' and must not contain /, \\, #, ? or control characters."
    : undefined;
