import type { Client } from 'aedes';
import type { IdentityKey, Proof } from '../../contracts.js';
import { identityText } from './identity.js';

/** One connection of one identity. */
export interface Session {
  readonly key: IdentityKey;
  readonly client: Client;
  readonly proof: Proof;
  readonly filters: Set<string>;
}

/** Which connection stands for which identity: never more than one. */
export interface Sessions {
  /**
   * The connection takes over. MQTT 3.1.1, [MQTT-3.1.4-2]: a second client with the same id disconnects the first. `onGone` runs when
   * the connection has closed and none took over.
   */
  claim(connection: Pick<Session, 'key' | 'client' | 'proof'>, onGone: () => void): Session;
  of(client: Client): Session | undefined;
  find(key: IdentityKey): Session | undefined;
  /** Cuts the identity's connection, and those of a device's modules with the device's. */
  cut(key: IdentityKey): void;
}

export function createSessions(): Sessions {
  const byIdentity = new Map<string, Session>();
  const byClient = new WeakMap<Client, Session>();
  const current = (key: IdentityKey): Session | undefined => byIdentity.get(identityText(key));

  return {
    claim: (connection, onGone) => {
      const { key, client } = connection;
      // The broker does so too, but loses sight of a client that registers while its predecessor is still closing.
      current(key)?.client.conn.destroy();
      const session: Session = { ...connection, filters: new Set() };
      byIdentity.set(identityText(key), session);
      byClient.set(client, session);
      client.conn.once('close', () => {
        if (current(key) !== session) return;
        byIdentity.delete(identityText(key));
        onGone();
      });
      return session;
    },
    of: (client) => byClient.get(client),
    find: current,
    cut: (key) => {
      for (const session of byIdentity.values()) {
        const meant = session.key.deviceId === key.deviceId;
        if (meant && (key.moduleId === undefined || session.key.moduleId === key.moduleId))
          session.client.conn.destroy();
      }
    },
  };
}
