import { Aedes, type Client, type PublishPacket } from 'aedes';
import type { ControllableListener, FaultGate, HubCore } from '../../contracts.js';
import type { LabCertificates } from '../../net/certificates.js';
import { createTlsListener } from '../../net/listener.js';
import { admit, type Credentials } from './admission.js';
import { handlePublish, publishTo } from './requests.js';
import { createSessions } from './sessions.js';
import { asksForMessages, DESIRED_PATCHES, desiredPatchTopic, maySubscribe } from './topics.js';

export interface MqttServerOptions {
  core: HubCore;
  faults: FaultGate;
  certificates: LabCertificates;
  /** Default 0: a free one. */
  port?: number;
  /** Refusals, one line each: host name, client id, reason. Default: none. */
  log?: (line: string) => void;
}

/**
 * The device plane of one hub: MQTT 3.1.1 over TLS as IoT Hub speaks it, which is a part of MQTT (no QoS 2, nothing retained, own
 * topics only). A rejection inside a hook is a defect of the laboratory: it is not caught, so that it ends the process loudly.
 */
export async function createMqttServer(options: MqttServerOptions): Promise<ControllableListener> {
  const { core, faults } = options;
  const sessions = createSessions();
  const note = (client: Client, what: string): void => options.log?.(`mqtt ${core.hostName} ${client.id}: ${what}`);

  const connect = async (client: Client, credentials: Credentials, done: AuthenticateDone): Promise<void> => {
    const refusal = await admit({ core, faults, sessions }, client, credentials);
    if (refusal !== undefined) note(client, `refused: ${refusal.message}`);
    done(refusal ?? null, refusal === undefined);
  };
  const publish = async (client: Client, packet: PublishPacket, done: PublishDone): Promise<void> => {
    const session = sessions.of(client);
    const refusal = session && (await handlePublish({ core, faults }, session, packet));
    if (refusal !== undefined) note(client, refusal);
    done(refusal === undefined ? null : new Error(refusal));
  };

  const broker = await Aedes.createBroker({
    authenticate: (client, username, password, done) => void connect(client, { username, password }, done),
    // MQTT 3.1.1, 3.9.3: a filter that is not allowed gets 0x80 in the SUBACK, the connection stays.
    authorizeSubscribe: (client, subscription, done) => {
      const session = sessions.of(client);
      const allowed = session !== undefined && maySubscribe(session.key, subscription.topic);
      if (allowed) session.filters.add(subscription.topic);
      if (allowed && asksForMessages(session.key, subscription.topic)) core.startReceiving(session.key);
      else note(client, 'filter not allowed');
      done(null, allowed ? subscription : null);
    },
    // Runs before the PUBACK is sent, so what was acknowledged has been taken over ([MQTT-4.3.2-2]). No client: the broker's own
    // clean-up of wills after other brokers of a cluster, which do not exist here.
    authorizePublish: (client, packet, done) => {
      if (client === null) done(new Error('topicNotAllowed'));
      else void publish(client, packet, done);
    },
  });
  broker.on('unsubscribe', (filters, client) => {
    for (const filter of filters) sessions.of(client)?.filters.delete(filter);
  });

  const listener = await createTlsListener({
    certificates: options.certificates,
    port: options.port ?? 0,
    requestClientCertificate: true,
    onConnection: (socket) => broker.handle(socket),
  });
  const unsubscribes = [
    core.onRevoked((key) => sessions.cut(key)),
    core.onDesired((key, patch) => {
      const session = sessions.find(key);
      if (session?.filters.has(DESIRED_PATCHES) !== true) return;
      publishTo(session, desiredPatchTopic(Number(patch['$version'])), JSON.stringify(patch));
    }),
  ];
  return {
    ...listener,
    close: async () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
      await listener.close();
      await new Promise<void>((resolve) => broker.close(resolve));
    },
  };
}

type AuthenticateDone = Parameters<Aedes['authenticate']>[3];
type PublishDone = Parameters<Aedes['authorizePublish']>[2];
