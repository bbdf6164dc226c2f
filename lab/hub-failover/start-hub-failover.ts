import { createBuiltInEndpoint } from '../built-in/built-in-endpoint.js';
import type { BuiltIn, HubGate } from '../built-in/contract.js';
import { createHubGate } from '../built-in/hub-gate.js';
import type { Closers } from '../closers.js';
import type { HubCore, HubMessage, HubRole, LabOptions } from '../contracts.js';
import type { FaultStore } from '../faults/fault-store.js';
import type { LabCertificates } from '../net/certificates.js';
import type { LabHostMappings } from '../net/lab-host-mappings.js';
import type { HubFailoverOptions } from './contract.js';
import { createHubFailover, type HubFailoverMachine } from './machine.js';
import { createRollBackHooks } from './roll-back-hooks.js';

export interface HubFailoverStart {
  core: HubCore;
  certificates: LabCertificates;
  faults: FaultStore;
  mappings: LabHostMappings;
  closers: Closers;
  /** Absent: the laboratory keeps no journal. */
  rollBack: ((minutes: number) => void) | undefined;
  options: Pick<LabOptions, 'hubFailover' | 'builtInPartitions' | 'failoverClock' | 'routes'>;
  log: (line: string) => void;
}

export interface StartedHubFailover {
  failover: HubFailoverMachine;
  builtIn: BuiltIn;
  gate: HubGate;
}

const defaultPartitions = 4;

/** Regions that Azure pairs ("Azure paired regions"). */
const regions: Readonly<Record<HubRole, readonly [string, string]>> = {
  primary: ['West Europe', 'North Europe'],
  secondary: ['France Central', 'France South'],
};

const isPerHub = (
  given: NonNullable<LabOptions['hubFailover']>,
): given is Partial<Record<HubRole, Partial<HubFailoverOptions>>> => 'primary' in given || 'secondary' in given;

const defaultsOf = (given: LabOptions['hubFailover'], role: HubRole): Partial<HubFailoverOptions> | undefined =>
  given !== undefined && isPerHub(given) ? given[role] : given;

/** The built-in endpoint of a hub and the course of its failovers; before the hub's servers, which obey the gate. */
export const startHubFailover = async (start: HubFailoverStart): Promise<StartedHubFailover> => {
  const { core, certificates, faults, mappings, closers, rollBack, options, log } = start;
  const { role } = core;
  const failover = createHubFailover({
    hubName: core.name,
    regions: regions[role],
    partitions: options.builtInPartitions ?? defaultPartitions,
    defaults: defaultsOf(options.hubFailover, role),
    journal: rollBack !== undefined,
    log,
    ...(options.failoverClock && { now: options.failoverClock }),
  });
  const gate = createHubGate({ role, faults });
  const isRouted = (options.routes ?? []).some(({ hub, source }) => hub === role && source === 'deviceMessages');
  const takenByRoute = ({ source }: HubMessage): boolean => isRouted && source === 'deviceMessages';
  const builtIn = await createBuiltInEndpoint({
    core,
    certificates,
    faults,
    gate,
    endpoint: failover.endpoint,
    takenByRoute,
    onMappings: (next) => mappings.set(`events of ${role}`, next),
    log,
  });
  closers.add(() => builtIn.close());
  // Timers end before what they move is closed.
  closers.add(() => failover.close());
  faults.attach(role, 'events', builtIn.listener);
  if (rollBack !== undefined) failover.obey(createRollBackHooks(rollBack));
  failover.obey(builtIn.hooks);
  return { failover, builtIn, gate };
};
