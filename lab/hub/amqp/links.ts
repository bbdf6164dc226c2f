import type { EventContext, Receiver, Sender } from 'rhea';
import type { IdentityKey, JsonObject } from '../../contracts.js';
import { identityText } from '../mqtt/identity.js';
import { parseLinkAddress, type DeviceNode } from './addresses.js';
import { answerPutToken } from './cbs-link.js';
import { redirectEvents } from './events-redirect.js';
import { admitted, conditionOf, refusalIn, requireDeviceSide } from './refusals.js';
import type { DeviceScope } from './scope.js';
import { takeTelemetry } from './telemetry-link.js';
import { answerTwinRequest, sendDesired } from './twin-link.js';

/** The links of one connection. */
export interface DeviceLinks {
  /** A link on which we send. */
  sending(sender: Sender): void;
  /** A link on which the device sends. */
  receiving(receiver: Receiver): void;
  desired(key: IdentityKey, patch: JsonObject): void;
}

const creditWindow = 100;
const notFound = { condition: 'amqp:not-found', description: 'No such address on a hub.' };

export const createDeviceLinks = (scope: DeviceScope): DeviceLinks => {
  const { core, faults, connection, chain, service, log } = scope;
  const twinSenders = new Map<string, Sender>();
  const subscribed = new Set<string>();
  const subscriptions = {
    add: (key: IdentityKey) => void subscribed.add(identityText(key)),
    remove: (key: IdentityKey) => void subscribed.delete(identityText(key)),
  };
  let cbsSender: Sender | undefined;

  /** A token was put for it before, or the certificate of the connection is its own. */
  const enter = async (key: IdentityKey): Promise<void> => {
    if (connection.proofOf(key) !== undefined) return;
    await admitted(core, faults, 'connections');
    requireDeviceSide(scope);
    const byCertificate = chain.length > 0;
    const proof = byCertificate ? core.authenticateCertificate(key, chain) : core.authenticateDevice(key, '');
    connection.enter(key, proof);
  };

  const refuse = (link: Receiver | Sender, error: unknown): void => {
    const refusal = refusalIn(error);
    log(`link refused: ${refusal.message}`);
    link.close({ condition: conditionOf(refusal), description: refusal.message });
  };

  const openSender = async (sender: Sender, key: IdentityKey, node: DeviceNode): Promise<void> => {
    try {
      await enter(key);
      if (node === 'messages/devicebound') core.startReceiving(key);
      if (node === 'twin') twinSenders.set(identityText(key), sender);
    } catch (error) {
      refuse(sender, error);
    }
  };

  const takeMessage = async (key: IdentityKey, node: DeviceNode, context: EventContext): Promise<void> => {
    const { message, delivery } = context;
    if (message === undefined || delivery === undefined) return;
    if (node === 'twin') {
      delivery.accept();
      return answerTwinRequest(scope, key, message, subscriptions, twinSenders.get(identityText(key)));
    }
    try {
      if (node === 'messages/events') await takeTelemetry(scope, key, message);
      delivery.accept();
    } catch (error) {
      const refusal = refusalIn(error);
      delivery.reject({ condition: conditionOf(refusal), description: refusal.message });
    }
  };

  const openReceiver = async (receiver: Receiver, key: IdentityKey, node: DeviceNode): Promise<void> => {
    try {
      await enter(key);
    } catch (error) {
      return refuse(receiver, error);
    }
    // One after another: telemetry and reported patches keep their order.
    let turn = Promise.resolve();
    receiver.on('message', (context: EventContext) => {
      turn = turn.then(() => takeMessage(key, node, context));
    });
    grantCredit(receiver);
  };

  const openCbs = (receiver: Receiver): void => {
    receiver.on('message', ({ message, delivery }: EventContext) => {
      delivery?.accept();
      if (message !== undefined) void answerPutToken(scope, message, cbsSender);
    });
    grantCredit(receiver);
  };

  return {
    sending: (sender) => {
      // Clients take an attach without the echoed terminus for a refusal; AMQP 1.0 part 2, section 2.6.3.
      sender.set_source(sender.source);
      if (redirectEvents(sender, sender.source?.address, service)) return;
      const address = parseLinkAddress(sender.source?.address);
      if (address === undefined) sender.close(notFound);
      else if (address.kind === 'cbs') cbsSender = sender;
      else void openSender(sender, address.key, address.node);
    },
    receiving: (receiver) => {
      receiver.set_target(receiver.target);
      if (redirectEvents(receiver, receiver.target?.address, service)) return;
      const address = parseLinkAddress(receiver.target?.address);
      if (address === undefined) receiver.close(notFound);
      else if (address.kind === 'cbs') openCbs(receiver);
      else void openReceiver(receiver, address.key, address.node);
    },
    desired: (key, patch) => {
      const sender = twinSenders.get(identityText(key));
      if (sender?.is_open() === true && subscribed.has(identityText(key))) sendDesired(sender, patch);
    },
  };
};

const grantCredit = (receiver: Receiver): void => {
  receiver.set_credit_window(creditWindow);
  receiver.add_credit(creditWindow);
};
