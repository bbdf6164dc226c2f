import type { TLSSocket } from 'node:tls';
import rhea, { type Container, type EventContext } from 'rhea';
import type { ControllableListener, FaultGate, HubCore } from '../../contracts.js';
import type { BuiltInEndpoint } from '../../hub-failover/contract.js';
import type { LabCertificates } from '../../net/certificates.js';
import { createTlsListener } from '../../net/listener.js';
import { serverNameOf } from '../../net/server-name.js';
import { sidesOf } from '../core/host-names.js';
import { clientCertificates } from '../mqtt/client-certificates.js';
import { createDeviceConnections } from './connections.js';
import { createDeviceLinks, type DeviceLinks } from './links.js';
import { createServiceLogin } from './service-login.js';

export interface AmqpDeviceServerOptions {
  core: HubCore;
  faults: FaultGate;
  certificates: LabCertificates;
  /** Where the redirect of `messages/events` leads; undefined while the hub refuses it. Default: there is no such endpoint. */
  redirectsTo?: (() => BuiltInEndpoint | undefined) | undefined;
  /** Default 0: a free one. */
  port?: number;
  /** Refusals, one line each. Default: none. */
  log?: (line: string) => void;
}

/** IoT Hub, "Quotas and throttling": device-to-cloud messages of at most 256 KB. */
const MAX_MESSAGE_BYTES = 256 * 1024;
/** rhea raises these where a link or connection ends with an error; unheard ones would end the process. */
const endings = ['sender_error', 'receiver_error', 'session_error', 'connection_error', 'protocol_error', 'error'];

/** One for each connection: rhea does not tell whose login it asks about. */
const createContainer = (
  log: (line: string) => void,
  takesLogin: (user: string, password: string) => boolean,
): Container => {
  const container = rhea.create_container({
    sender_options: { snd_settle_mode: 1 },
    // No credit by itself: a link that is refused must never have been able to send.
    receiver_options: { max_message_size: MAX_MESSAGE_BYTES, credit_window: 0, autoaccept: false },
  });
  // A device's identity comes later: by put-token on $cbs, or by the certificate of the TLS connection.
  container.sasl_server_mechanisms.enable_anonymous();
  container.sasl_server_mechanisms.enable_plain(takesLogin);
  for (const ending of endings) container.on(ending, () => log(ending));
  return container;
};

/** The device plane of one hub over AMQP 1.0 with TLS: telemetry, twins, and nothing on the links for messages and methods. */
export const createAmqpDeviceServer = async (options: AmqpDeviceServerOptions): Promise<ControllableListener> => {
  const { core, faults } = options;
  const log = (line: string): void => options.log?.(`amqp ${core.hostName}: ${line}`);
  const connections = createDeviceConnections(core);
  const open = new Set<DeviceLinks>();

  const accept = (socket: TLSSocket): void => {
    const device = connections.open(() => socket.destroy());
    const login = createServiceLogin(core);
    const { servesDevices, servesService } = sidesOf(core, serverNameOf(socket));
    const service = { isLoggedIn: () => login.isDone(), redirectsTo: servesService ? options.redirectsTo : undefined };
    const chain = clientCertificates(socket);
    const links = createDeviceLinks({ core, faults, connection: device, chain, service, servesDevices, log });
    open.add(links);
    const container = createContainer(log, (user, password) => login.take(user, password));
    const connection = container.create_connection({ port: 0 });
    connection.on('sender_open', ({ sender }: EventContext) => sender && links.sending(sender));
    connection.on('receiver_open', ({ receiver }: EventContext) => receiver && links.receiving(receiver));
    // Unheard, rhea prints it; the socket's own end is what counts.
    connection.on('disconnected', () => device.gone());
    connection['accept'](socket);
    socket.once('close', () => {
      // rhea learns of a lost connection by `end` only, which a socket that was destroyed does not raise.
      if (!socket.readableEnded) socket.emit('end');
      open.delete(links);
      device.gone();
    });
  };
  const listener = await createTlsListener({
    certificates: options.certificates,
    port: options.port ?? 0,
    requestClientCertificate: true,
    onConnection: accept,
  });
  const unsubscribes = [
    core.onRevoked((key) => connections.cut(key)),
    core.onDesired((key, patch) => {
      for (const links of open) links.desired(key, patch);
    }),
  ];
  return {
    ...listener,
    close: async () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
      await listener.close();
    },
  };
};
