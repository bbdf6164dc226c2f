/** What delivery needs of a partition. `Event` is whatever the handler takes. */
export interface DeliveryPort<Event> {
  handle(events: readonly Event[]): Promise<void>;
  /** Keeps an event that cannot be handled. */
  park(event: Event, error: unknown): Promise<void>;
  /** These were handled or parked; called in order. */
  done(events: readonly Event[], parked: boolean): void;
  /** An attempt failed; `what` is for the message. */
  failed(error: unknown, what: string): void;
  /** Waits before the next attempt, longer each time; returns early when `isStopped` turns true. */
  pause(attempt: number): Promise<void>;
  isStopped(): boolean;
  maxAttempts: number;
}

/**
 * Hands a batch over until it is done: whole, up to `maxAttempts` times; then each event alone, up to as many times; then the event is
 * parked. Parking is tried for as long as it takes, for behind it the event is passed. Resolves early, with the rest not done, once stopped.
 */
export async function deliver<Event>(events: readonly Event[], port: DeliveryPort<Event>): Promise<void> {
  const whole = await attempt(events, port);
  if (whole.done || port.isStopped()) return;
  if (events.length === 1) return parkFirst(events, whole.error, port);
  for (const event of events) {
    const alone = await attempt([event], port);
    if (!alone.done && !port.isStopped()) await parkFirst([event], alone.error, port);
    if (port.isStopped()) return;
  }
}

type Outcome = { done: true } | { done: false; error: unknown };

async function attempt<Event>(events: readonly Event[], port: DeliveryPort<Event>): Promise<Outcome> {
  let error: unknown;
  for (let attempts = 1; attempts <= port.maxAttempts && !port.isStopped(); attempts += 1) {
    if (attempts > 1) await port.pause(attempts - 1);
    if (port.isStopped()) break;
    try {
      await port.handle(events);
      port.done(events, false);
      return { done: true };
    } catch (failure) {
      error = failure;
      port.failed(failure, `attempt ${attempts} of ${port.maxAttempts} with ${events.length} events`);
    }
  }
  return { done: false, error };
}

async function parkFirst<Event>(events: readonly Event[], error: unknown, port: DeliveryPort<Event>): Promise<void> {
  const [event] = events;
  if (event === undefined) return;
  for (let attempts = 1; !port.isStopped(); attempts += 1) {
    try {
      await port.park(event, error);
      port.done([event], true);
      return;
    } catch (failure) {
      port.failed(failure, `parking, attempt ${attempts}`);
      await port.pause(attempts);
    }
  }
}
