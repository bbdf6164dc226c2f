import type { DirectionPort } from '../../direction.js';
import { AppError } from '../../errors.js';
import { otherRole, type HubRole } from '../../hub-model.js';
import type { HubCallCost, HubGate } from '../../pacing/hub-gate.js';
import { messagesOf } from '../../pacing/quota.js';
import type { Lane } from '../../pacing/tiers.js';
import type { ReportedWriter } from '../../registry/ports.js';
import type { ReportedPort } from '../../twin/ports.js';
import type { HubClient } from './hub-client.js';

/** A batch or a queue message can wait so long for its turn: whoever has begun something should end it. */
const PATIENT_IN_MS = 60_000;
/** A synchronisation begins with the identity: what cannot begin soon goes back to its queue before it has cost anything. */
const BRIEF_IN_MS = 5_000;

/** The lane of a call, by the name that the hub client gives it. */
export const laneOf = (what: string): Lane =>
  what === 'twin patch' ? 'twinWrite' : what === 'twin read' ? 'twinRead' : 'identity';

export interface Turnstile {
  read: <T>(cost: HubCallCost, operation: () => Promise<T>) => Promise<T>;
  write: <T>(cost: HubCallCost, operation: () => Promise<T>) => Promise<T>;
}

/** Calls to `hub` through its gate. A write that had to wait asks again whether it may be made; it rejects with `aborted` then. */
export const createTurnstile = (hub: HubRole, gate: HubGate, direction: DirectionPort): Turnstile => {
  const run = async <T>({ messages }: HubCallCost, operation: () => Promise<T>): Promise<T> => {
    if (messages === undefined) return operation();
    try {
      const answer = await operation();
      gate.ended();
      return answer;
    } catch (error) {
      gate.ended(error);
      throw error;
    }
  };
  return {
    read: async (cost, operation) => {
      await gate.enter(cost);
      return run(cost, operation);
    },
    write: async (cost, operation) => {
      const waited = await gate.enter(cost);
      if (waited && (await direction.decide(otherRole(hub))).kind !== 'apply') {
        if (cost.messages !== undefined) gate.charge(-cost.messages);
        throw new AppError('aborted', 'the write waited, and may not be made any more', { retryable: true });
      }
      return run(cost, operation);
    },
  };
};

/** One hub's calls at the pace of its gate. What one call stands for in the service's throttles is in IoT Hub, "Quotas and throttling". */
export const createPacedHub = (client: HubClient, gate: HubGate, { read, write }: Turnstile): HubClient => {
  const begin = { lane: 'identity', maxWaitInMs: BRIEF_IN_MS } as const;
  const change = { lane: 'identity', maxWaitInMs: PATIENT_IN_MS } as const;
  return {
    getIdentity: (key) => read(begin, () => client.getIdentity(key)),
    listModules: (deviceId) => read(begin, () => client.listModules(deviceId)),
    // Asked while there is no routing document yet, for which the gate would wait.
    listDeviceIds: (top) => client.listDeviceIds(top),
    createIdentity: (content) => write(change, () => client.createIdentity(content)),
    updateIdentity: (content, etag) => write(change, () => client.updateIdentity(content, etag)),
    deleteIdentity: (key, etag) => write(change, () => client.deleteIdentity(key, etag)),
    getTwin: async (key) => {
      const twin = await read({ lane: 'twinRead', messages: 1, maxWaitInMs: PATIENT_IN_MS }, () => client.getTwin(key));
      if (twin) gate.charge(messagesOf(twin) - 1);
      return twin;
    },
    patchTwin: (key, patch, etag) =>
      write({ lane: 'twinWrite', messages: messagesOf(patch), maxWaitInMs: PATIENT_IN_MS }, () =>
        client.patchTwin(key, patch, etag),
      ),
    close: () => client.close(),
  };
};

type PacedReported = ReportedPort & ReportedWriter;

/** Reported properties are written as the device, and count as twin writes all the same. */
export const createPacedReported = (
  port: PacedReported,
  turnstiles: Readonly<Record<HubRole, Turnstile>>,
): PacedReported => ({
  ...port,
  patchReported: (hub, key, patch, options) =>
    turnstiles[hub].write({ lane: 'twinWrite', messages: messagesOf(patch), maxWaitInMs: PATIENT_IN_MS }, () =>
      port.patchReported(hub, key, patch, options),
    ),
});
