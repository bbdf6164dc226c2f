/**
 * Runs of one key, shared: one that is under way and one that waits for its end, never more. Whoever comes while one runs gets the answer of
 * the one that waits, since the running one may have read the source before the caller came.
 */
export type SharedRuns = <T>(key: string, work: () => Promise<T>) => Promise<T>;

export const createSharedRuns = (): SharedRuns => {
  const lanes = new Map<string, { running: Promise<unknown>; waiting?: Promise<unknown> }>();

  const start = <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const running = work().finally(() => {
      if (lanes.get(key)?.running === running && lanes.get(key)?.waiting === undefined) lanes.delete(key);
    });
    lanes.set(key, { running });
    return running;
  };
  return <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const lane = lanes.get(key);
    if (lane === undefined) return start(key, work);
    const begin = () => start(key, work);
    // All works of a key are the same work: the answer is of the type that this caller asks for.
    lane.waiting ??= lane.running.then(begin, begin);
    return lane.waiting as Promise<T>;
  };
};
