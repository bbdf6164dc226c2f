import type { Receiver } from 'rhea';
import type { Fault, FaultGate, VerifyBearer } from '../contracts.js';
import { AmqpRefusal, conditionOfStatus } from './amqp-error.js';
import type { NamespaceStore } from './namespace-store.js';
import type { ReaderRegistry } from './reader-registry.js';
import { covers, type Claim, type SasPolicy } from './sas-token.js';

/** Messages that a peer may send ahead on one link. */
const creditWindow = 300;

/** Lets the peer send, from now on and always again. */
export const grantCredit = (receiver: Receiver): void => {
  receiver.set_credit_window(creditWindow);
  receiver.add_credit(creditWindow);
};

/** What every connection of a namespace shares. */
export interface NamespaceScope {
  store: NamespaceStore;
  readers: ReaderRegistry;
  policies: readonly SasPolicy[];
  /** Nobody may send: an IoT Hub's built-in endpoint gives the right to listen only. Default false. */
  listenOnly?: boolean;
  /** Default: no token of Microsoft Entra is taken. */
  verifyBearer?: VerifyBearer | undefined;
  faults: FaultGate;
  /** Whose faults these are. */
  plane: Pick<Fault, 'hub' | 'plane'>;
  now: () => number;
  log: (line: string) => void;
}

/** What the links of one connection share. */
export interface ConnectionScope extends NamespaceScope {
  grant(claim: Claim): void;
  /** Throws AmqpRefusal `amqp:unauthorized-access` unless a put-token before covers the path. */
  authorize(path: string): void;
  /** Waits and throws as the faults in force ask; every attach, request and transfer passes here. */
  admit(): Promise<void>;
  /** Runs when the connection is gone. */
  onGone(action: () => void): void;
}

export const createConnectionScope = (shared: NamespaceScope): { scope: ConnectionScope; gone: () => void } => {
  const claims = new Map<string, Claim>();
  const endings = new Set<() => void>();
  const scope: ConnectionScope = {
    ...shared,
    grant: (claim) => claims.set(claim.path.toLowerCase(), claim),
    authorize: (path) => {
      const now = shared.now();
      if ([...claims.values()].some((claim) => claim.expiresAt > now && covers(claim.path, path))) return;
      throw new AmqpRefusal(
        'amqp:unauthorized-access',
        `Unauthorized access to '${path}': no token was put for it.`,
        401,
      );
    },
    admit: async () => {
      const fault = await shared.faults.before(shared.plane.hub, shared.plane.plane);
      if (fault === undefined) return;
      throw new AmqpRefusal(
        conditionOfStatus(fault.status),
        `A fault answers with status ${fault.status}.`,
        fault.status,
      );
    },
    onGone: (action) => endings.add(action),
  };
  return {
    scope,
    gone: () => {
      for (const end of endings) end();
      endings.clear();
    },
  };
};
