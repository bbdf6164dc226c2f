/** A hub's built-in Event Hub-compatible endpoint as the rest of the laboratory sees it. */
import type { FaultGate, HubCore, HubMessage } from '../contracts.js';
import type { Door } from '../faults/door.js';
import type { BuiltInEndpoint, TelemetryLedger } from '../hub-failover/contract.js';
import type { FailoverHooks } from '../hub-failover/hooks.js';
import type { LabCertificates } from '../net/certificates.js';
import type { HostTarget } from '../net/host-map.js';

/** One entry of the host map: `iothub-ns-{hub}-{n}.servicebus.windows.net:5671`. Of a namespace that is gone: to a port where nobody listens. */
export interface NamespaceMapping {
  host: string;
  port: number;
  target: HostTarget;
}

export interface BuiltInOptions {
  core: Pick<HubCore, 'role' | 'onMessage' | 'sharedAccessPolicies'>;
  certificates: LabCertificates;
  faults: FaultGate;
  /** The hub's servers obey it; the endpoint's hooks move it. */
  gate: HubGate;
  /** The endpoint that the hub begins with. */
  endpoint: BuiltInEndpoint;
  /** Beside `$Default`. Default: none. */
  consumerGroups?: readonly string[];
  /** Message routing, "fallback route": what a route took does not come here. Default: no route takes telemetry. */
  takenByRoute?: (message: HubMessage) => boolean;
  /** Called at the start and at each change with all mappings of this hub: set them in this process and write them for children. */
  onMappings: (mappings: readonly NamespaceMapping[]) => void;
  /** Events kept for each partition before the oldest go. Default 200,000. */
  retentionCount?: number;
  /** Milliseconds since 1970. Default: the machine's time. */
  now?: () => number;
  log?: (line: string) => void;
}

export interface BuiltIn {
  /** Give them to the failover's machine. */
  readonly hooks: Required<FailoverHooks>;
  readonly telemetry: TelemetryLedger;
  /** Where the redirect of `messages/events` leads; undefined while the hub refuses it. Give it to the AMQP server. */
  readonly redirectsTo: () => BuiltInEndpoint | undefined;
  /** The TLS port before all namespaces of the hub, which are told apart by SNI: attach it to the faults as plane `events` of the hub. */
  readonly listener: Door;
  close(): Promise<void>;
}

/** Stands between the faults and the hub's three servers, which get it as their `faults`: a hub that fails over refuses what they ask. */
export interface HubGate extends FaultGate {
  /**
   * Devices come by this door. Returns it as it has to be attached to the faults: their shapes and the silence of a failover are laid over each other.
   */
  guard(door: Door): Door;
  /** True while the service API and the redirect are refused. */
  readonly refusesService: boolean;
  /** Devices are cut and refused, or get no answer any more; the service API says 404012. */
  stop(options: { blackHoled: boolean }): void;
  /** Devices are still refused. */
  admitService(): void;
  open(): void;
}
