import type { HubCore } from '../../contracts.js';

/** SASL PLAIN of a service on one connection (RFC 4616). */
export interface ServiceLogin {
  take(user: string, password: string): boolean;
  isDone(): boolean;
}

/**
 * The user is `{policy}@sas.root.{hub}`, the password a shared access signature of that policy for the hub or for `{host}/messages/events`, as
 * in the sample "Request an IoT Hub connection string translation" of the Event Hubs SDKs.
 */
export const createServiceLogin = (core: Pick<HubCore, 'name' | 'authorizeEventsReader'>): ServiceLogin => {
  let isDone = false;
  return {
    take: (user, password) => {
      const [policy, host] = user.split('@');
      if (policy === undefined || host?.toLowerCase() !== `sas.root.${core.name}`.toLowerCase()) return false;
      isDone = core.authorizeEventsReader(policy, password);
      return isDone;
    },
    isDone: () => isDone,
  };
};
