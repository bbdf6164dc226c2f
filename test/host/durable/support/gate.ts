/** Keeps handlers of the fixture app waiting: give `opened` as the observer's reply. */
export interface Gate {
  readonly opened: Promise<{ fail?: boolean }>;
  open(reply?: { fail?: boolean }): void;
}

export function aGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<{ fail?: boolean }>();
  return { opened: promise, open: (reply = {}) => resolve(reply) };
}
