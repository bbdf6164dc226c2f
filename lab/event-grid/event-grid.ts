import type { EventGridDelivery, EventGridDisturbance, HubCore, Unsubscribe, Webhook } from '../contracts.js';
import { createDeadLetters } from './dead-letters.js';
import type { DeliveryCounters } from './delivery-counters.js';
import { createDeliveryQueue } from './delivery-queue.js';
import { createDisturbance } from './disturbance.js';
import { lifecycleEvent, topicOf } from './grid-event.js';
import { shakeHands } from './handshake.js';
import { answerWaitInMs } from './post-to-webhook.js';

/** The part of a hub that Event Grid sees. */
type TopicSource = Pick<HubCore, 'name' | 'onLifecycle'>;

export interface EventGridOptions extends EventGridDelivery {
  /** Factor on the retry ladder and the time to live; 1 is real time. Default 0.01. */
  timeScale?: number;
  /** Deliveries under way at once. Default 16. */
  parallel?: number;
  /** Between two handshakes. Default 500. */
  handshakeEveryInMs?: number;
  /** How long an answer may take. Default the service's 30,000. */
  answerWaitInMs?: number;
  /** Where dead letters go if `deadLetter` asks for them. */
  storageConnectionString?: string;
  /** 0..1, for the jitter and for what is played on demand. */
  random?: () => number;
  log?: (line: string) => void;
}

export interface EventGrid {
  readonly counters: DeliveryCounters;
  /** From now on tells the hub's device creations and deletions. `topic`: its ARM id, default one made from its name. */
  subscribe(core: TopicSource, topic?: string): void;
  /** True once the present webhook has answered the handshake. */
  readonly validated: boolean;
  /**
   * Full address with the system key: `http://127.0.0.1:7071/runtime/webhooks/EventGrid?functionName=registrySync&code=...`.
   * Events wait until it has answered the handshake; undefined: they wait for the next one.
   */
  setWebhook(webhook: Webhook | undefined): void;
  /** Plays on demand what may happen at any time, from now on; what is not named stays. */
  disturb(change: EventGridDisturbance): void;
  /** Resolves when no event is pending. */
  idle(): Promise<void>;
  /** Ends all deliveries; pending events are gone. */
  close(): Promise<void>;
}

interface Subscription {
  url: string;
  ended: AbortController;
}

/** Event Grid with one subscription for all topics. */
export const createEventGrid = (options: EventGridOptions = {}): EventGrid => {
  const log = options.log ?? (() => undefined);
  const { schema = 'eventGrid', timeScale = 0.01, random = Math.random, storageConnectionString } = options;
  const disturbance = createDisturbance(random);
  disturbance.set(options.disturbance ?? {});
  const deadLetters =
    options.deadLetter === true && storageConnectionString !== undefined
      ? createDeadLetters({ storageConnectionString, schema, timeScale, log })
      : undefined;
  const queue = createDeliveryQueue({
    timeScale,
    schema,
    random,
    log,
    disturbance,
    parallel: options.parallel ?? 16,
    answerWaitInMs: options.answerWaitInMs ?? answerWaitInMs,
    ...(options.maxAttempts !== undefined && { maxAttempts: options.maxAttempts }),
    ...(options.timeToLiveInMinutes !== undefined && { timeToLiveInMs: options.timeToLiveInMinutes * 60_000 }),
    ...(deadLetters && { deadLetters }),
  });
  const topics: string[] = [];
  const deaf: Unsubscribe[] = [];
  const handshakes = new Set<Promise<void>>();
  let subscription: Subscription | undefined;
  let validated = false;

  const introduce = async ({ url, ended }: Subscription): Promise<void> => {
    // Without the query: it holds the system key.
    const { origin, pathname } = new URL(url);
    const answered = await shakeHands(url, {
      topic: topics[0] ?? topicOf('lab'),
      schema,
      signal: ended.signal,
      everyInMs: options.handshakeEveryInMs ?? 500,
      onWaiting: (reason) => log(`event grid: waiting for ${origin}${pathname}: ${reason}`),
    });
    if (!answered) return;
    validated = true;
    log(`event grid: delivering to ${origin}${pathname}`);
    queue.direct(url);
  };

  const unsubscribe = (): void => {
    subscription?.ended.abort();
    subscription = undefined;
    validated = false;
    queue.direct(undefined);
  };

  const listenTo = (core: TopicSource, topic = topicOf(core.name)): void => {
    topics.push(topic);
    deaf.push(core.onLifecycle((notice) => queue.take(lifecycleEvent(core.name, topic, notice))));
  };

  return {
    counters: queue.tally,
    subscribe: listenTo,
    get validated() {
      return validated;
    },
    setWebhook: (webhook) => {
      unsubscribe();
      if (webhook === undefined) return;
      subscription = { url: webhook.url, ended: new AbortController() };
      const shaking = introduce(subscription).finally(() => handshakes.delete(shaking));
      handshakes.add(shaking);
    },
    disturb: (change) => disturbance.set(change),
    idle: () => queue.tally.idle(),
    close: async () => {
      for (const end of deaf) end();
      unsubscribe();
      await Promise.all([queue.close(), ...handshakes]);
    },
  };
};
