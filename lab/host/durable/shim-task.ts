/** A task of the extension's side: only that it ended, and whether it failed, matters there. Continuations run at once. */
export class ShimTask {
  #failed: boolean | undefined;
  readonly #continuations: ((failed: boolean) => void)[] = [];

  settle(failed: boolean): void {
    if (this.#failed !== undefined) return;
    this.#failed = failed;
    for (const continuation of this.#continuations.splice(0)) continuation(failed);
  }

  onEnd(continuation: (failed: boolean) => void): void {
    if (this.#failed === undefined) this.#continuations.push(continuation);
    else continuation(this.#failed);
  }
}

/** .NET Task.WhenAny: ends with the first. */
export function whenAny(tasks: readonly ShimTask[]): ShimTask {
  const any = new ShimTask();
  for (const task of tasks) task.onEnd(() => any.settle(false));
  return any;
}

/** .NET Task.WhenAll: ends with the last, whether one failed or not. */
export function whenAll(tasks: readonly ShimTask[]): ShimTask {
  const all = new ShimTask();
  let left = tasks.length;
  let anyFailed = false;
  for (const task of tasks) {
    task.onEnd((failed) => {
      left -= 1;
      anyFailed ||= failed;
      if (left === 0) all.settle(anyFailed);
    });
  }
  return all;
}
