/** Work of one partition, one piece after the other. */
export interface Turns {
  /** Runs `work` after what was asked for before; settles with it. */
  run<T>(work: () => Promise<T>): Promise<T>;
  readonly isBusy: boolean;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let pending = 0;
  return {
    run: (work) => {
      pending += 1;
      const turn = last.then(work).finally(() => {
        pending -= 1;
      });
      // Who asked is told of a failure; the next one's turn comes all the same.
      last = turn.then(
        () => undefined,
        () => undefined,
      );
      return turn;
    },
    get isBusy() {
      return pending > 0;
    },
  };
}
