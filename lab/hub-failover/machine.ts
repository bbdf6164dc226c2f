import type { FaultTimers } from '../faults/timers.js';
import { realTimers } from '../faults/timers.js';
import { RollBackError } from '../rollback/journal.js';
import type { FailoverMoment, HubFailover, HubFailoverOptions } from './contract.js';
import { FailoverRefusedError } from './failover-refused-error.js';
import type { FailoverHooks } from './hooks.js';
import { createFailoverLimits } from './limits.js';
import { createManagementGate } from './management-gate.js';
import { createHubNamespaces } from './namespaces.js';
import { createOperation, type RunningOperation } from './operation.js';
import { courseOf, failoverOptions } from './options.js';

export interface HubFailoverMachineOptions {
  hubName: string;
  /** The hub's own region and the one it is paired with. */
  regions: readonly [string, string];
  partitions: number;
  /** For each failover that does not say otherwise. */
  defaults?: Partial<HubFailoverOptions> | undefined;
  /** The hub has a journal to roll back by. */
  journal: boolean;
  log: (line: string) => void;
  /** The clock of the limits and of what is told. Default: the machine's. */
  now?: () => Date;
  timers?: Pick<FaultTimers, 'after'>;
}

export interface HubFailoverMachine extends HubFailover {
  /** From now on these are told; the first come first. */
  obey(hooks: FailoverHooks): void;
  close(): void;
}

const defaultGroup = '$Default';
const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
/** Regions are written `West Europe` and `westeurope`. */
const isSameRegion = (a: string, b: string): boolean => isSame(a.replaceAll(' ', ''), b.replaceAll(' ', ''));

/** The failovers of one hub, one after the other, on real timers. Throws for defaults that no failover could be started with. */
export const createHubFailover = (machineOptions: HubFailoverMachineOptions): HubFailoverMachine => {
  const { hubName, regions, partitions, defaults, journal, log } = machineOptions;
  const { now = () => new Date(), timers = realTimers } = machineOptions;
  const namespaces = createHubNamespaces(hubName, partitions);
  const limits = createFailoverLimits(() => now().getTime());
  const management = createManagementGate();
  const operations: RunningOperation[] = [];
  const listeners: FailoverHooks[] = [];
  const cancels = new Set<() => void>();
  let state = 'Active';
  let failedOver = false;
  let moving = false;
  let groups = [defaultGroup];

  const tell = (call: (hooks: FailoverHooks) => void): void => {
    for (const hooks of listeners) {
      try {
        call(hooks);
      } catch (error) {
        log(`failover of ${hubName}: ${String(error)}`);
      }
    }
  };

  const apply = (moment: FailoverMoment, options: HubFailoverOptions): void => {
    const { consumerGroupsLost, offsetsRestart, devicesBlackHoled: blackHoled, rollBackMinutes } = options;
    if (moment === 'endpointChanged') {
      namespaces.move(options);
      if (consumerGroupsLost) groups = [defaultGroup];
      tell((hooks) => hooks.endpointChanged?.(namespaces.current, { consumerGroups: groups, offsetsRestart }));
    } else if (moment === 'forwardingStopped') {
      tell((hooks) => hooks.forwardingStopped?.({ blackHoled, rollBackMinutes }));
    } else if (moment === 'active') {
      limits.succeeded(failedOver ? 'failback' : 'failover');
      failedOver = !failedOver;
      tell((hooks) => hooks.active?.());
      state = 'Active';
      management.open();
    } else {
      moving = false;
      tell((hooks) => hooks.dataFlows?.());
    }
  };

  const optionsOf = (given?: Partial<HubFailoverOptions>): HubFailoverOptions => {
    const options = failoverOptions(defaults, given);
    if (options.rollBackMinutes > 0 && !journal)
      throw new RollBackError('noJournal', 'the laboratory was started without `journal`');
    return options;
  };
  // What no failover could be started with stops the laboratory.
  optionsOf();

  const checkStart = (region: string | undefined, options: HubFailoverOptions): void => {
    // The service has refused changes of hubs that were Active by their own word too (Azure/azure-powershell#16842).
    if (moving) throw new FailoverRefusedError('notActive', `${hubName} is not currently in Active state.`);
    if (region !== undefined && !isSameRegion(region, regions[failedOver ? 0 : 1]))
      throw new FailoverRefusedError('wrongRegion', `${region} is not the secondary location of ${hubName}.`);
    if (options.limits) limits.check(failedOver ? 'failback' : 'failover');
  };

  const changeGroups = (next: string[]): void => {
    groups = next;
    tell((hooks) => hooks.consumerGroupsChanged?.(groups));
  };

  return {
    get state() {
      return state;
    },
    get endpoint() {
      return namespaces.current;
    },
    get locations() {
      const [primary, secondary] = failedOver ? [regions[1], regions[0]] : regions;
      return [
        { location: primary, role: 'primary' as const },
        { location: secondary, role: 'secondary' as const },
      ];
    },
    get operation() {
      return operations.at(-1)?.view;
    },
    operationOf: (id) => operations.find(({ view }) => view.id === id)?.view,
    consumerGroups: () => groups,
    addConsumerGroup: (name) => {
      if (!groups.some((group) => isSame(group, name))) changeGroups([...groups, name]);
    },
    removeConsumerGroup: (name) => {
      if (isSame(name, defaultGroup)) return;
      if (groups.some((group) => isSame(group, name))) changeGroups(groups.filter((group) => !isSame(group, name)));
    },
    managementAnswers: (signal) => management.passes(signal),
    get waitingManagementCalls() {
      return management.waiting;
    },
    start: (region, given) => {
      const options = optionsOf(given);
      checkStart(region, options);
      const operation = createOperation(options, now);
      operations.push(operation);
      [moving, state] = [true, options.interimState];
      if (options.managementBlocks) management.shut();
      for (const { moment, inMs } of courseOf(options)) {
        const cancel = timers.after(inMs, () => {
          cancels.delete(cancel);
          apply(moment, options);
          operation.came(moment);
        });
        cancels.add(cancel);
      }
      return operation.view;
    },
    obey: (hooks) => void listeners.push(hooks),
    close: () => {
      for (const cancel of cancels) cancel();
      cancels.clear();
      management.open();
      if (moving) operations.at(-1)?.abandon();
    },
  };
};
