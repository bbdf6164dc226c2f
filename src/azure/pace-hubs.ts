import type { DirectionPort } from '../direction.js';
import type { Clock } from '../clock.js';
import type { HubRole } from '../hub-model.js';
import type { Logger } from '../log-events.js';
import { createHubGate, type HubGate } from '../pacing/hub-gate.js';
import { createInstanceBudget, type InstanceBudget } from '../pacing/instance-budget.js';
import { createPartitionsSeen, type PartitionsSeen } from '../pacing/partitions-seen.js';
import type { BudgetStorePort } from '../pacing/ports.js';
import { hubBudget } from '../pacing/tiers.js';
import type { PacingSettings } from '../settings.js';
import type { ReportedWriter } from '../registry/ports.js';
import type { ReportedPort } from '../twin/ports.js';
import type { HubClient } from './hub/hub-client.js';
import { createPacedHub, createPacedReported, createTurnstile } from './hub/paced-hub.js';

/** What pacing has to know of the routing document. */
export interface MirrorState {
  direction: DirectionPort;
  /** `undefined`: no document was ever read, and so nothing can be written. */
  activeHub(): Promise<HubRole | undefined>;
}

export interface PaceHubsOptions {
  pacing: PacingSettings;
  mirror: MirrorState;
  store: BudgetStorePort;
  instanceId: string;
  clock: Clock;
  logger: Logger;
}

export interface Pacing {
  gates: Record<HubRole, HubGate>;
  partitions: PartitionsSeen;
  paceHub(role: HubRole, client: HubClient): HubClient;
  paceReported(port: ReportedPort & ReportedWriter): ReportedPort & ReportedWriter;
  /** Writes down what was used of the quota last. */
  flush(): Promise<void>;
}

/** Budgets of this instance, each hub's by its own tier. With tier `off` only the hub's own 429 slow calls down, and nothing is stored. */
export function createPacing(options: PaceHubsOptions): Pacing {
  const { pacing, mirror, store, instanceId, clock, logger } = options;
  const partitions = createPartitionsSeen(clock);
  const budgets: InstanceBudget[] = [];

  const limitsOf = (hub: HubRole) => {
    const { tier, units } = pacing.hubs[hub];
    if (tier === 'off') return undefined;
    const budget = hubBudget(tier, units);
    const messagesPerDay = Math.floor(budget.messagesPerDay * pacing.quotaShare);
    const countPartitions = () => partitions.count();
    const instance = createInstanceBudget({ hub, instanceId, store, clock, messagesPerDay, countPartitions });
    budgets.push(instance);
    const isStandby = async () => {
      const active = await mirror.activeHub();
      return active !== undefined && active !== hub;
    };
    return { budget, throttleShare: pacing.throttleShare, instance, isStandby };
  };
  const openGate = (hub: HubRole): HubGate => {
    const limits = limitsOf(hub);
    return createHubGate({ hub, clock, logger, ...(limits && { limits }) });
  };
  const gates = { primary: openGate('primary'), secondary: openGate('secondary') };
  const turnstiles = {
    primary: createTurnstile('primary', gates.primary, mirror.direction),
    secondary: createTurnstile('secondary', gates.secondary, mirror.direction),
  };
  return {
    gates,
    partitions,
    paceHub: (role, client) => createPacedHub(client, gates[role], turnstiles[role]),
    paceReported: (port) => createPacedReported(port, turnstiles),
    flush: async () => {
      await Promise.all(budgets.map((budget) => budget.flush()));
    },
  };
}
