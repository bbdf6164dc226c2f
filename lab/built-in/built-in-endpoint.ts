import type { HubMessage } from '../contracts.js';
import { HubError } from '../hub/core/errors.js';
import type { BuiltInEndpoint } from '../hub-failover/contract.js';
import type { BuiltIn, BuiltInOptions, NamespaceMapping } from './contract.js';
import { openFrontDoor } from './front-door.js';
import { createGeneration, type Generation } from './generation.js';

const amqpsPort = 5671;
/** Port 1 (tcpmux) is reserved and unused: connections are refused at once, without asking a name server. */
const nowhere = { host: '127.0.0.1', port: 1 };
const defaultRetentionCount = 200_000;

interface Place {
  generation: Generation;
  isGone: boolean;
}

/**
 * The built-in endpoint of one hub: every namespace that a failover gave it, behind one TLS port on loopback. Start it before the hub's servers
 * take telemetry, and close it after them.
 */
export const createBuiltInEndpoint = async (options: BuiltInOptions): Promise<BuiltIn> => {
  const { core, gate, faults, certificates, now = Date.now, log = () => undefined } = options;
  const { takenByRoute = () => false, retentionCount = defaultRetentionCount } = options;
  const places = new Map<string, Place>();
  const accepted = new Map<string, number>();
  /** Of namespaces that began again since. */
  const lostBefore: HubMessage[] = [];

  const establish = (endpoint: BuiltInEndpoint, consumerGroups: readonly string[]): Generation => {
    const policies = core.sharedAccessPolicies();
    return createGeneration(endpoint, { role: core.role, policies, faults, consumerGroups, retentionCount, now, log });
  };
  const listener = await openFrontDoor(
    certificates,
    (hostName) => {
      const place = places.get(hostName);
      return place === undefined || place.isGone ? undefined : place.generation.server;
    },
    log,
  );
  const publishMappings = (): void => {
    const here = { host: '127.0.0.1', port: listener.port };
    options.onMappings(
      [...places].map(([host, { isGone }]): NamespaceMapping => ({
        host,
        port: amqpsPort,
        target: isGone ? nowhere : here,
      })),
    );
  };
  const show = (generation: Generation): void => {
    places.set(generation.endpoint.hostName.toLowerCase(), { generation, isGone: false });
    publishMappings();
  };

  const end = (generation: Generation): void => {
    const place = places.get(generation.endpoint.hostName.toLowerCase());
    if (place !== undefined) place.isGone = true;
    publishMappings();
    generation.disconnect();
  };

  let shown = establish(options.endpoint, options.consumerGroups ?? []);
  let fed = shown;
  let forwards = true;
  show(shown);

  const unsubscribe = core.onMessage((message) => {
    if (message.source !== 'deviceMessages' || takenByRoute(message)) return;
    // Whoever sends past the servers hears what they would say.
    if (!forwards) throw new HubError('IotHubFailingOver', 'The hub is failing over');
    fed.append(message);
    const { hostName } = fed.endpoint;
    accepted.set(hostName, (accepted.get(hostName) ?? 0) + 1);
  });

  return {
    listener,
    redirectsTo: () => (gate.refusesService ? undefined : shown.endpoint),
    telemetry: {
      get accepted() {
        return Object.fromEntries(accepted);
      },
      lostWithEndpoint: () => [
        ...lostBefore,
        ...[...places.values()].flatMap(({ generation, isGone }) => (isGone ? generation.unread() : [])),
      ],
    },
    hooks: {
      endpointChanged: (next, { consumerGroups, offsetsRestart }) => {
        const before = places.get(next.hostName.toLowerCase())?.generation;
        const goesOn = before !== undefined && !offsetsRestart;
        if (!goesOn) lostBefore.push(...(before?.unread() ?? []));
        shown = goesOn ? before : establish(next, consumerGroups);
        if (goesOn) shown.setConsumerGroups(consumerGroups);
        show(shown);
      },
      forwardingStopped: ({ blackHoled }) => {
        forwards = false;
        gate.stop({ blackHoled });
      },
      active: () => gate.admitService(),
      dataFlows: () => {
        const previous = fed;
        fed = shown;
        forwards = true;
        if (previous !== fed) end(previous);
        gate.open();
      },
      consumerGroupsChanged: (groups) => shown.setConsumerGroups(groups),
    },
    close: async () => {
      unsubscribe();
      await listener.close();
    },
  };
};
