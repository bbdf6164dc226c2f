import type { Socket } from 'node:net';
import rhea, { type Connection, type Container, type EventContext } from 'rhea';
import { createConnectionScope, type ConnectionScope, type NamespaceScope } from './connection-scope.js';
import { openConsumerLink } from './consumer-link.js';
import { parseAddress } from './entity-address.js';
import { maximumMessageBytes, openProducerLink } from './producer-link.js';
import { openRequestLink } from './request-response.js';

const notFoundDetach = { condition: 'amqp:not-found', description: 'The address names no entity of this namespace.' };

/** rhea raises these where a link or connection ends with an error; unheard ones would end the process. */
const endings = ['sender_error', 'receiver_error', 'session_error', 'connection_error', 'protocol_error', 'error'];

const describe = (context: unknown): string => {
  if (typeof context !== 'object' || context === null) return String(context);
  if (context instanceof Error) return context.message;
  if (!('error' in context)) return 'closed';
  return context.error instanceof Error ? context.error.message : JSON.stringify(context.error);
};

const createContainer = (log: (line: string) => void): Container => {
  const container = rhea.create_container({
    // Settled at once: a reader that comes back says from where, by sequence number.
    sender_options: { snd_settle_mode: 1 },
    // No credit by itself: a link that is refused must never have been able to send.
    receiver_options: { max_message_size: maximumMessageBytes, credit_window: 0, autoaccept: false },
  });
  // Identity comes later, by put-token on $cbs. The .NET client asks for the mechanism of that name.
  container.sasl_server_mechanisms.enable_anonymous();
  container.sasl_server_mechanisms['MSSBCBS'] = container.sasl_server_mechanisms['ANONYMOUS'];
  for (const ending of endings) {
    container.on(ending, (context: unknown) => log(`event hubs: ${ending}: ${describe(context)}`));
  }
  return container;
};

const onSenderOpen = ({ sender }: EventContext, scope: ConnectionScope): void => {
  if (sender === undefined) return;
  // Clients take an attach without the echoed terminus for a refusal; AMQP 1.0 part 2, section 2.6.3.
  sender.set_source(sender.source);
  if (sender.target !== null) sender.set_target(sender.target);
  const address = parseAddress(sender.source?.address);
  if (address.kind === 'consumer') void openConsumerLink(sender, address, scope);
  else if (address.kind !== 'cbs' && address.kind !== 'management') sender.close(notFoundDetach);
};

const onReceiverOpen = ({ receiver }: EventContext, scope: ConnectionScope): void => {
  if (receiver === undefined) return;
  receiver.set_target(receiver.target);
  if (receiver.source !== null) receiver.set_source(receiver.source);
  const address = parseAddress(receiver.target?.address);
  if (address.kind === 'cbs' || address.kind === 'management') openRequestLink(receiver, address.kind, scope);
  else if (address.kind === 'target') openProducerLink(receiver, address, scope);
  else receiver.close(notFoundDetach);
};

/** Time for a peer to answer a close before its connection is cut. */
const closeTimeoutInMs = 5_000;

export interface AmqpServer {
  accept(socket: Socket): void;
  /**
   * Ends every connection in AMQP's way, with `amqp:connection:forced`: what was sent before still arrives. Event Hubs clients don't survive a
   * close for any other reason (their request links hang).
   */
  end(description: string): void;
}

/** AMQP 1.0 as Event Hubs speaks it, on sockets that someone else accepts. */
export const createAmqpServer = (shared: NamespaceScope): AmqpServer => {
  const container = createContainer(shared.log);
  const open = new Map<Socket, { stop: () => void; connection: Connection }>();
  return {
    end: (description) => {
      for (const [socket, { stop, connection }] of open) {
        stop();
        connection.close({ condition: 'amqp:connection:forced', description });
        const cut = setTimeout(() => socket.destroy(), closeTimeoutInMs).unref();
        connection.once('connection_close', () => socket.end());
        socket.once('close', () => clearTimeout(cut));
      }
    },
    accept: (socket) => {
      const { scope, gone } = createConnectionScope(shared);
      const connection = container.create_connection({ port: 0 });
      connection.on('sender_open', (context: EventContext) => onSenderOpen(context, scope));
      connection.on('receiver_open', (context: EventContext) => onReceiverOpen(context, scope));
      connection.on('disconnected', gone);
      connection['accept'](socket);
      open.set(socket, { stop: gone, connection });
      socket.once('close', () => {
        // rhea learns of a lost connection by `end` only, which a socket that was destroyed does not raise.
        if (!socket.readableEnded) socket.emit('end');
        open.delete(socket);
        gone();
      });
    },
  };
};
