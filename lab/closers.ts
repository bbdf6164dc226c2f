/** Things to close, last opened first. AsyncDisposableStack would do, but Node 22 has none. */
export interface Closers {
  add(close: () => unknown): void;
  /** Closes everything once, however often it is called; one failure does not keep the others open. Rejects with an AggregateError. */
  close(): Promise<void>;
}

export const createClosers = (): Closers => {
  const stack: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;

  const closeAll = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (let close = stack.pop(); close !== undefined; close = stack.pop()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be closed');
  };

  return {
    add: (close) => stack.push(close),
    close: () => (closing ??= closeAll()),
  };
};
