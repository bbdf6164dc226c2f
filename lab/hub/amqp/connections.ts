import type { HubCore, IdentityKey, Proof } from '../../contracts.js';
import { isHubError } from '../mqtt/hub-errors.js';
import { identityText } from '../mqtt/identity.js';

/** One AMQP connection with the identities that have proven themselves on it (a gateway may carry several). */
export interface DeviceConnection {
  /** The identity is on this connection now; one that it had elsewhere ends. */
  enter(key: IdentityKey, proof: Proof): void;
  /** Undefined: the identity is not on this connection. */
  proofOf(key: IdentityKey): Proof | undefined;
  gone(): void;
}

export interface DeviceConnections {
  open(cut: () => void): DeviceConnection;
  /** Ends the connections of the identity, and those of a device's modules with the device's. */
  cut(key: IdentityKey): void;
}

interface Open {
  keys: Map<string, { key: IdentityKey; proof: Proof }>;
  cut: () => void;
}

export const createDeviceConnections = (core: HubCore): DeviceConnections => {
  const byIdentity = new Map<string, Open>();

  const setConnected = (key: IdentityKey, isConnected: boolean): void => {
    try {
      core.setConnectionState(key, isConnected);
    } catch (error) {
      // The identity was deleted: that is why its connection went.
      if (!isHubError(error)) throw error;
    }
  };

  return {
    open: (cut) => {
      const own: Open = { keys: new Map(), cut };
      return {
        enter: (key, proof) => {
          const text = identityText(key);
          const before = byIdentity.get(text);
          own.keys.set(text, { key, proof });
          byIdentity.set(text, own);
          if (before !== own) {
            before?.cut();
            setConnected(key, true);
          }
        },
        proofOf: (key) => {
          const text = identityText(key);
          return byIdentity.get(text) === own ? own.keys.get(text)?.proof : undefined;
        },
        gone: () => {
          for (const [text, { key }] of own.keys) {
            if (byIdentity.get(text) !== own) continue;
            byIdentity.delete(text);
            setConnected(key, false);
          }
        },
      };
    },
    cut: ({ deviceId, moduleId }) => {
      for (const open of new Set(byIdentity.values())) {
        const meant = [...open.keys.values()].some(
          ({ key }) => key.deviceId === deviceId && (moduleId === undefined || key.moduleId === moduleId),
        );
        if (meant) open.cut();
      }
    },
  };
};
