import type { EndpointHealth, EventHubsNamespace, HubMessage } from '../contracts.js';

export interface EndpointOptions {
  eventHub: string;
  namespace: Pick<EventHubsNamespace, 'append' | 'running'>;
  /** Milliseconds since 1970. */
  now: () => number;
  expireAfterInMs: number;
  log: ((line: string) => void) | undefined;
}

/** An event hub as a hub's routes see it: what can't be delivered waits in order, and is given up when it has waited too long. */
export interface Endpoint {
  send(message: HubMessage): void;
  /** The namespace is there again. */
  flush(): void;
  health(): EndpointHealth;
  close(): void;
}

interface Waiting {
  message: HubMessage;
  since: number;
}

export const createEndpoint = (options: EndpointOptions): Endpoint => {
  const { eventHub, namespace, now, expireAfterInMs, log } = options;
  let waiting: Waiting[] = [];
  let expired = 0;
  let expiredSinceSuccess = false;
  let isRecovering = false;
  let triedAt: number | undefined;
  let succeededAt: number | undefined;

  /** Oldest first, so everything before the first young one is expired. */
  const expire = (): void => {
    const oldest = now() - expireAfterInMs;
    const young = waiting.findIndex(({ since }) => since > oldest);
    const gone = young === -1 ? waiting.length : young;
    if (gone === 0) return;
    waiting = waiting.slice(gone);
    expired += gone;
    expiredSinceSuccess = true;
    log?.(`routes: ${gone} messages to ${eventHub} expired before the namespace came back`);
  };

  const deliver = (message: HubMessage): void => {
    triedAt = now();
    // Keyed by device: a device and its modules always share a partition.
    namespace.append(eventHub, message.deviceId, message);
    succeededAt = now();
    expiredSinceSuccess = false;
    isRecovering = false;
  };

  const status = (): EndpointHealth['status'] => {
    if (expiredSinceSuccess) return 'dead';
    if (waiting.length > 0) return 'unhealthy';
    if (isRecovering) return 'degraded';
    return succeededAt === undefined ? 'unknown' : 'healthy';
  };

  return {
    send: (message) => {
      if (namespace.running) return deliver(message);
      triedAt = now();
      waiting.push({ message, since: now() });
      expire();
    },
    flush: () => {
      expire();
      const ready = waiting;
      waiting = [];
      for (const { message } of ready) deliver(message);
      isRecovering = ready.length > 0;
    },
    health: () => {
      expire();
      return {
        eventHub,
        status: status(),
        waiting: waiting.length,
        expired,
        ...(succeededAt === undefined ? {} : { lastSuccessfulSendAttemptTime: new Date(succeededAt) }),
        ...(triedAt === undefined ? {} : { lastSendAttemptTime: new Date(triedAt) }),
      };
    },
    close: () => {
      waiting = [];
    },
  };
};
