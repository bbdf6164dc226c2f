import rhea, { type Receiver, type Sender } from 'rhea';
import type { BuiltInEndpoint } from '../../hub-failover/contract.js';

/** What a service may do on this connection. */
export interface EventsRedirect {
  isLoggedIn(): boolean;
  redirectsTo: (() => BuiltInEndpoint | undefined) | undefined;
}

const path = /^(?:amqps?:\/\/[^/]+)?\/?(messages\/events)(\/.*)?$/i;

/** The node under `messages/events`, such as `/$management`; undefined: the address is another one. */
const eventsNode = (address: unknown): string | undefined => {
  const found = typeof address === 'string' ? path.exec(address) : null;
  return found === null ? undefined : (found[2] ?? '');
};

const portOfNamespaces = 5671;

/** AMQP 1.0 part 2, 2.8.17: `amqp:link:redirect` and what its info holds. */
const redirect = ({ hostName, eventHubName }: BuiltInEndpoint, node: string): object => ({
  condition: 'amqp:link:redirect',
  description: `The messages are read at ${hostName}`,
  info: {
    hostname: hostName,
    'network-host': hostName,
    port: rhea.types.wrap_int(portOfNamespaces),
    address: `amqps://${hostName}:${portOfNamespaces}/${eventHubName}${node}`,
  },
});

const unauthorized = {
  condition: 'amqp:unauthorized-access',
  description: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized',
};
/** 404012; the wording is ours. */
const failingOver = { condition: 'amqp:not-found', description: 'ErrorCode:IotHubFailingOver;The hub is failing over' };

/** True when the link asked for the hub's own events: it has been sent to where they are, or refused. */
export const redirectEvents = (link: Receiver | Sender, address: unknown, service: EventsRedirect): boolean => {
  const node = eventsNode(address);
  if (node === undefined || service.redirectsTo === undefined) return false;
  if (!service.isLoggedIn()) link.close(unauthorized);
  else {
    const endpoint = service.redirectsTo();
    link.close(endpoint === undefined ? failingOver : redirect(endpoint, node));
  }
  return true;
};
