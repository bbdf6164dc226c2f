import { HubError } from '../hub/core/errors.js';
import type { BuiltInEndpoint, LostMessage } from '../hub-failover/contract.js';
import type { BuiltIn, BuiltInOptions, NamespaceMapping } from './contract.js';
import { acceptedBy, createFeedLog } from './feed-log.js';
import { openFrontDoor } from './front-door.js';
import { createGeneration, type Generation } from './generation.js';

const amqpsPort = 5671;
/** Port 1 (tcpmux) is reserved and unused: connections are refused at once, without asking a name server. */
const nowhere = { host: '127.0.0.1', port: 1 };
const defaultRetentionCount = 200_000;

interface Place {
  generation: Generation;
  /** Milliseconds since 1970; undefined while it is there. */
  goneAt: number | undefined;
}

const lostAt = (generation: Generation, goneAt: number): LostMessage[] =>
  generation.unread().map(({ message, enqueuedAt }) => ({ ...message, readableForInMs: goneAt - enqueuedAt }));

/**
 * The built-in endpoint of one hub: every namespace that a failover gave it, behind one TLS port on loopback. Start it before the hub's servers
 * take telemetry, and close it after them.
 */
export const createBuiltInEndpoint = async (options: BuiltInOptions): Promise<BuiltIn> => {
  const { core, gate, faults, certificates, now = Date.now, log = () => undefined } = options;
  const { takenByRoute = () => false, retentionCount = defaultRetentionCount } = options;
  const places = new Map<string, Place>();
  /** Of namespaces that began again since. */
  const lostBefore: LostMessage[] = [];

  const establish = (endpoint: BuiltInEndpoint, consumerGroups: readonly string[]): Generation => {
    const policies = core.sharedAccessPolicies();
    return createGeneration(endpoint, { role: core.role, policies, faults, consumerGroups, retentionCount, now, log });
  };
  const listener = await openFrontDoor(
    certificates,
    (hostName) => {
      const place = places.get(hostName);
      return place?.goneAt === undefined ? place?.generation.server : undefined;
    },
    log,
  );
  const publishMappings = (): void => {
    const here = { host: '127.0.0.1', port: listener.port };
    options.onMappings(
      [...places].map(([host, { goneAt }]): NamespaceMapping => ({
        host,
        port: amqpsPort,
        target: goneAt === undefined ? here : nowhere,
      })),
    );
  };
  const show = (generation: Generation): void => {
    places.set(generation.endpoint.hostName.toLowerCase(), { generation, goneAt: undefined });
    publishMappings();
  };

  const end = (generation: Generation): void => {
    const place = places.get(generation.endpoint.hostName.toLowerCase());
    if (place !== undefined) place.goneAt = now();
    publishMappings();
    generation.disconnect();
  };

  let shown = establish(options.endpoint, options.consumerGroups ?? []);
  let fed = shown;
  let forwards = true;
  const feeds = createFeedLog(shown.endpoint.hostName);
  show(shown);

  const unsubscribe = core.onMessage((message) => {
    if (message.source !== 'deviceMessages' || takenByRoute(message)) return;
    // Whoever sends past the servers hears what they would say.
    if (!forwards) throw new HubError('IotHubFailingOver', 'The hub is failing over');
    feeds.note(fed.append(message));
  });

  return {
    listener,
    redirectsTo: () => (gate.refusesService ? undefined : shown.endpoint),
    telemetry: {
      get accepted() {
        return acceptedBy(feeds.all());
      },
      feeds: () => feeds.all(),
      lostWithEndpoint: () => [
        ...lostBefore,
        ...[...places.values()].flatMap(({ generation, goneAt }) =>
          goneAt === undefined ? [] : lostAt(generation, goneAt),
        ),
      ],
    },
    hooks: {
      endpointChanged: (next, { consumerGroups, offsetsRestart }) => {
        const place = places.get(next.hostName.toLowerCase());
        const before = place?.generation;
        const goesOn = before !== undefined && !offsetsRestart;
        if (!goesOn && before !== undefined) lostBefore.push(...lostAt(before, place?.goneAt ?? now()));
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
        if (previous !== fed) {
          end(previous);
          feeds.begin(fed.endpoint.hostName);
        }
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
