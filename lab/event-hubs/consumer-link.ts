import type { Sender } from 'rhea';
import { asRefusal } from './amqp-error.js';
import type { ConnectionScope } from './connection-scope.js';
import { pathOf, type EntityAddress } from './entity-address.js';
import { startPump } from './reader-pump.js';
import { parseSelector, selectorFilterName } from './start-position.js';

type ConsumerAddress = Extract<EntityAddress, { kind: 'consumer' }>;

const runtimeMetricCapability = 'com.microsoft:enable-receiver-runtime-metric';

/** The selector is a described string: rhea leaves descriptor and value together. */
const selectorOf = (sender: Sender): string | undefined => {
  const entry: unknown = sender.source.filter?.[selectorFilterName];
  if (entry === undefined || entry === null) return undefined;
  return String(typeof entry === 'object' && 'value' in entry ? entry.value : entry);
};

const epochOf = (sender: Sender): number | undefined => {
  const epoch: unknown = sender.properties?.['com.microsoft:epoch'];
  return epoch === undefined || epoch === null ? undefined : Number(epoch);
};

const wantsRuntimeMetric = (sender: Sender): boolean =>
  [sender.desired_capabilities ?? []].flat().includes(runtimeMetricCapability);

/** Serves a link that reads a partition: refused, it is attached and detached at once with the reason. */
export const openConsumerLink = async (
  sender: Sender,
  address: ConsumerAddress,
  scope: ConnectionScope,
): Promise<void> => {
  try {
    await scope.admit();
    scope.authorize(pathOf(sender.source.address));
    const { eventHub, consumerGroup, partitionId } = address;
    const log = scope.store.consumerPartition(eventHub, consumerGroup, partitionId);
    const from = log.locate(parseSelector(selectorOf(sender)));
    // The peer may have left while a fault made it wait.
    if (!sender.is_open()) return;

    let stop = (): void => undefined;
    const epoch = epochOf(sender);
    const leave = scope.readers.enter(`${eventHub}/${consumerGroup}/${partitionId}`.toLowerCase(), {
      ...(epoch === undefined ? {} : { epoch }),
      evict: (reason) => {
        stop();
        sender.close({ condition: reason.condition, description: reason.message });
      },
    });
    stop = startPump({ sender, log, from, runtimeMetric: wantsRuntimeMetric(sender), now: scope.now });
    const end = (): void => {
      leave();
      stop();
    };
    sender.on('sender_close', end);
    scope.onGone(end);
  } catch (error) {
    const { condition, message } = asRefusal(error);
    sender.close({ condition, description: message });
  }
};
